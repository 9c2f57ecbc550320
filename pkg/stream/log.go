package stream

import "go.uber.org/zap"

func zapError(err error) zap.Field { return zap.String("error", oneLine(err.Error())) }

func zapTopic(topic string) zap.Field { return zap.String("topic", topic) }

func zapPartition(id int) zap.Field { return zap.Int("partition", id) }
