// Times ship-go's conversion with spine-go's model, as the two are used together. The argument is the folder of the
// messages; a line on stdin is `STEP MESSAGE TIMES`, the answer is nanoseconds, or `-` where there is no such step or
// the message can't be read.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	shipmodel "github.com/enbility/ship-go/model"
	"github.com/enbility/ship-go/ship"
	spine "github.com/enbility/spine-go/model"
)

const (
	prefix = "\x02{\"data\":[{\"header\":[{\"protocolId\":\"ee1.0\"}]},{\"payload\":"
	suffix = "}]}"
)

type subject struct {
	json, frame []byte
	datagram    spine.Datagram
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func load(folder, message string) *subject {
	read := func(kind string) []byte {
		octets, err := os.ReadFile(filepath.Join(folder, message+"."+kind))
		check(err)
		return octets
	}
	s := &subject{json: read("json"), frame: read("frame")}
	if json.Unmarshal(ship.JsonFromEEBUSJson(s.json), &s.datagram) != nil {
		return nil
	}
	return s
}

func (s *subject) decode() {
	var datagram spine.Datagram
	check(json.Unmarshal(ship.JsonFromEEBUSJson(s.json), &datagram))
}

func encode(datagram *spine.Datagram) string {
	octets, err := json.Marshal(datagram)
	check(err)
	text, err := ship.JsonIntoEEBUSJson(octets)
	check(err)
	return text
}

// A frame in and out. Going out, the payload is put into the usual form of the frame by hand, which costs less than
// what ship-go does.
func (s *subject) roundTrip() {
	var data shipmodel.ShipData
	check(json.Unmarshal(ship.JsonFromEEBUSJson(s.frame[1:]), &data))
	var datagram spine.Datagram
	check(json.Unmarshal(data.Data.Payload, &datagram))
	_ = []byte(prefix + encode(&datagram) + suffix)
}

func (s *subject) step(name string) func() {
	switch name {
	case "decode", "decode_typed", "open":
		return s.decode
	case "encode", "send":
		return func() { encode(&s.datagram) }
	case "round_trip":
		return s.roundTrip
	}
	return nil
}

func main() {
	subjects := map[string]*subject{}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var name, message string
		var times int
		_, err := fmt.Sscan(lines.Text(), &name, &message, &times)
		check(err)
		s, known := subjects[message]
		if !known {
			s = load(os.Args[1], message)
			subjects[message] = s
		}
		if s == nil || s.step(name) == nil {
			fmt.Println("-")
			continue
		}
		step, begin := s.step(name), time.Now()
		for i := 0; i < times; i++ {
			step()
		}
		fmt.Println(time.Since(begin).Nanoseconds())
	}
}
