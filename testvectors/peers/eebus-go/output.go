package main

import (
	"bytes"
	"encoding/json"
	"os"
	"sync"
	"time"
)

// fields are the members of an event beside its name and time.
type fields map[string]any

var (
	started  = time.Now()
	outputMu sync.Mutex
)

// emit writes one event as one JSON object on one line of stdout: the name first, then the
// milliseconds since the program started, then the fields by name.
func emit(event string, f fields) {
	line, err := eventLine(event, time.Since(started), f)
	if err != nil {
		panic(err) // a field of ours that JSON has no form for
	}
	outputMu.Lock()
	defer outputMu.Unlock()
	_, _ = os.Stdout.Write(line)
}

func eventLine(event string, at time.Duration, f fields) ([]byte, error) {
	head, err := json.Marshal(struct {
		Event string `json:"event"`
		Ms    int64  `json:"ms"`
	}{event, at.Milliseconds()})
	if err != nil {
		return nil, err
	}
	rest, err := json.Marshal(f)
	if err != nil {
		return nil, err
	}
	var line bytes.Buffer
	line.Write(head)
	if len(f) > 0 {
		line.Truncate(line.Len() - 1)
		line.WriteByte(',')
		line.Write(rest[1:])
	}
	line.WriteByte('\n')
	return line.Bytes(), nil
}
