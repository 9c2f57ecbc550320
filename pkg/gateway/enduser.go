package gateway

import (
	"encoding/json"
	"strings"

	"github.com/stillwatch/stillwatch/pkg/event"
)

// splitEndUser takes the session out of an end user's id. Claude Code sends both in the field that
// APIs have for the end user, as metadata.user_id: since 2.1 as a JSON object, before that as
// user_<device>_account_<account>_session_<session>. With the session in it, every conversation
// would be another end user.
func splitEndUser(ev *event.Event) {
	id, session, ok := partsOfEndUser(ev.Account.EndUserID)
	if !ok {
		return
	}
	ev.Account.EndUserID = id
	if session != "" {
		ev.Request.SessionID = session
	}
}

// partsOfEndUser returns the part of an end user's id that stays the same, and the session.
func partsOfEndUser(text string) (id, session string, ok bool) {
	if strings.HasPrefix(text, "{") {
		var parts struct {
			DeviceID    string `json:"device_id"`
			UserID      string `json:"user_id"`
			AccountUUID string `json:"account_uuid"`
			SessionID   string `json:"session_id"`
		}
		if json.Unmarshal([]byte(text), &parts) != nil {
			return "", "", false
		}
		for _, id := range [...]string{parts.DeviceID, parts.UserID, parts.AccountUUID} {
			if id != "" {
				return id, parts.SessionID, true
			}
		}
		return "", parts.SessionID, parts.SessionID != ""
	}
	device, rest, ok := strings.Cut(strings.TrimPrefix(text, "user_"), "_account_")
	if !ok || !strings.HasPrefix(text, "user_") {
		return "", "", false
	}
	_, session, ok = strings.Cut("_"+rest, "_session_")
	return device, session, ok
}
