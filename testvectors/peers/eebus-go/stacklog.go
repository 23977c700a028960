package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/enbility/ship-go/logging"
)

// stackLog receives the logs of ship-go, spine-go and eebus-go. They pass every SHIP message as
// a trace log, which is the only tap ship-go has.
type stackLog struct {
	mu      sync.Mutex
	trace   *os.File // nil without -trace
	verbose bool
}

var _ logging.LoggingInterface = (*stackLog)(nil)

func newStackLog(tracePath string, verbose bool) (*stackLog, error) {
	l := &stackLog{verbose: verbose}
	if tracePath == "" {
		return l, nil
	}
	file, err := os.Create(tracePath)
	l.trace = file
	return l, err
}

// Trace takes the message logs ("Send:" or "Recv:", SKI, text without the type byte) out for the
// trace file.
func (l *stackLog) Trace(args ...any) {
	l.print("trace", fmt.Sprintln(args...))
	if l.trace == nil || len(args) != 3 {
		return
	}
	text, _ := args[2].(string)
	line := ""
	switch args[0] {
	case "Send:":
		line = traceLine("send", text)
	case "Recv:":
		line = traceLine("recv", text)
	default:
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	_, _ = fmt.Fprintf(l.trace, "%10.6f %s\n", time.Since(started).Seconds(), line)
}

// traceLine is direction, type byte and JSON. ship-go logs without the type byte, so it is
// derived from the content, by ship-go's own criterion where there is one.
func traceLine(direction, text string) string {
	kind := "01"
	switch {
	case text == "ship init":
		return direction + " 00 00"
	case text == "unknown single byte":
		return direction + " ??"
	case strings.Contains(text, "datagram"):
		kind = "02"
	case strings.Contains(text, `"connectionClose"`):
		kind = "03"
	}
	if strings.ContainsAny(text, "\r\n\x00") {
		text = strconv.Quote(text)
	}
	return direction + " " + kind + " " + text
}

func (l *stackLog) print(level, line string) {
	if l.verbose {
		fmt.Fprintf(os.Stderr, "%10.6f %s %s\n", time.Since(started).Seconds(), level, strings.TrimSuffix(line, "\n"))
	}
}

func (l *stackLog) Tracef(format string, args ...any) { l.print("trace", fmt.Sprintf(format, args...)) }
func (l *stackLog) Debug(args ...any)                 { l.print("debug", fmt.Sprintln(args...)) }
func (l *stackLog) Debugf(format string, args ...any) { l.print("debug", fmt.Sprintf(format, args...)) }
func (l *stackLog) Info(args ...any)                  { l.print("info", fmt.Sprintln(args...)) }
func (l *stackLog) Infof(format string, args ...any)  { l.print("info", fmt.Sprintf(format, args...)) }
func (l *stackLog) Error(args ...any)                 { l.print("error", fmt.Sprintln(args...)) }
func (l *stackLog) Errorf(format string, args ...any) { l.print("error", fmt.Sprintf(format, args...)) }
