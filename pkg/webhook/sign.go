package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"strings"
	"time"
)

// signer makes signatures with one or two keys.
type signer [][]byte

func newSigner(o *Options) (signer, error) {
	var s signer
	for _, secret := range []string{o.Secret, o.PreviousSecret} {
		if secret == "" {
			continue
		}
		key, err := signingKey(secret)
		if err != nil {
			return nil, err
		}
		s = append(s, key)
	}
	return s, nil
}

// sign returns the value of the webhook-signature header: one signature for each key, with spaces
// between; empty without a key.
func (s signer) sign(id string, at time.Time, body []byte) string {
	signatures := make([]string, len(s))
	for i, key := range s {
		h := hmac.New(sha256.New, key)
		h.Write([]byte(id + "." + strconv.FormatInt(at.Unix(), 10) + "."))
		h.Write(body)
		signatures[i] = "v1," + base64.StdEncoding.EncodeToString(h.Sum(nil))
	}
	return strings.Join(signatures, " ")
}
