package simulate

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// maxText bounds one text taken from a file, in bytes.
const maxText = 16 << 10

// ReadTexts reads texts for Texts: one a line, or JSON objects (one after the other, or in an
// array) with a field text, prompt, question, instruction or turns (a list of strings or of objects
// with content); an input field is appended. Texts that appear twice are kept once.
func ReadTexts(src io.Reader) ([]string, error) {
	br := bufio.NewReaderSize(src, 1<<20)
	head, err := firstByte(br)
	if errors.Is(err, io.EOF) {
		return nil, errors.New("read texts: the file is empty")
	}
	if err != nil {
		return nil, fmt.Errorf("read texts: %w", err)
	}
	list := &textList{seen: map[string]bool{}}
	switch head {
	case '[', '{':
		err = list.readJSON(json.NewDecoder(br), head == '[')
	default:
		sc := bufio.NewScanner(br)
		sc.Buffer(nil, 1<<20)
		for sc.Scan() {
			list.add(sc.Text())
		}
		err = sc.Err()
	}
	if err != nil {
		return nil, fmt.Errorf("read texts: %w", err)
	}
	if len(list.texts) == 0 {
		return nil, errors.New(
			"read texts: no text found; give one a line, or JSON objects with a field text, prompt, question, instruction or turns",
		)
	}
	return list.texts, nil
}

// firstByte looks at the first byte that is not white space.
func firstByte(br *bufio.Reader) (byte, error) {
	for {
		b, err := br.Peek(1)
		if err != nil {
			return 0, err
		}
		if !bytes.ContainsAny(b, " \t\r\n") {
			return b[0], nil
		}
		if _, err := br.Discard(1); err != nil {
			return 0, err
		}
	}
}

type textList struct {
	texts []string
	seen  map[string]bool
}

func (l *textList) add(text string) {
	text = strings.TrimSpace(strings.ToValidUTF8(text, "\ufffd"))
	if text == "" || len(text) > maxText || l.seen[text] {
		return
	}
	l.seen[text] = true
	l.texts = append(l.texts, text)
}

// textObject is one object of a data set; which field holds the text differs between sets.
type textObject struct {
	Text, Prompt, Question, Instruction, Input string
	Turns                                      []json.RawMessage
}

func (l *textList) readJSON(dec *json.Decoder, array bool) error {
	if array {
		if _, err := dec.Token(); err != nil {
			return err
		}
	}
	for dec.More() {
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return err
		}
		var o textObject
		if err := json.Unmarshal(raw, &o); err != nil {
			var plain string
			if json.Unmarshal(raw, &plain) != nil {
				return fmt.Errorf("item %d: %w", len(l.seen)+1, err)
			}
			l.add(plain)
			continue
		}
		for _, text := range []string{o.Text, o.Prompt, o.Question, o.Instruction} {
			if text == "" {
				continue
			}
			if o.Input != "" {
				text += "\n" + o.Input
			}
			l.add(text)
			break
		}
		for _, t := range o.Turns {
			var plain string
			var turn struct{ Content string }
			if json.Unmarshal(t, &plain) == nil {
				l.add(plain)
			} else if json.Unmarshal(t, &turn) == nil {
				l.add(turn.Content)
			}
		}
	}
	return nil
}
