package stream

import (
	"go.uber.org/zap"

	"github.com/stillwatch/stillwatch/pkg/remote"
)

func zapError(err error) zap.Field { return zap.String("error", remote.OneLine(err)) }

func zapTopic(topic string) zap.Field { return zap.String("topic", topic) }

func zapPartition(id int) zap.Field { return zap.Int("partition", id) }
