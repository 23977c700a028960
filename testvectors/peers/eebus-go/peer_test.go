package main

import (
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	shipapi "github.com/enbility/ship-go/api"
)

func TestEventLineHasTheNameFirst(t *testing.T) {
	for _, c := range []struct {
		fields fields
		want   string
	}{
		{nil, `{"event":"x","ms":1500}` + "\n"},
		{fields{"b": true, "a": 4200.0}, `{"event":"x","ms":1500,"a":4200,"b":true}` + "\n"},
	} {
		line, err := eventLine("x", 1500*time.Millisecond, c.fields)
		if err != nil || string(line) != c.want {
			t.Errorf("%v: got %q, %v; want %q", c.fields, line, err, c.want)
		}
	}
}

func TestTraceLineRestoresTheTypeByte(t *testing.T) {
	for text, want := range map[string]string{
		"ship init":                   "send 00 00",
		`{"accessMethodsRequest":[]}`: `send 01 {"accessMethodsRequest":[]}`,
		`{"data":[{"header":[{"protocolId":"ee1.0"}]},{"payload":{"datagram":[]}}]}`: `send 02 {"data":[{"header":[{"protocolId":"ee1.0"}]},{"payload":{"datagram":[]}}]}`,
		`{"connectionClose":[{"phase":"confirm"}]}`:                                  `send 03 {"connectionClose":[{"phase":"confirm"}]}`,
		"{\n\"accessMethodsRequest\":[]}":                                            `send 01 "{\n\"accessMethodsRequest\":[]}"`,
	} {
		if got := traceLine("send", text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestOptionsAreChecked(t *testing.T) {
	ski := strings.Repeat("a0", 20)
	for _, c := range []struct {
		line string
		want string // part of the error, empty for none
	}{
		{"", ""},
		{"-role guard -once -dial localhost:4712 -remote-ski " + ski, ""},
		{"-role system -remote-ski " + strings.ToUpper(ski), ""},
		{"-role box", "neither guard nor system"},
		{"-remote-ski a0", "not 40 hex digits"},
		{"-remote-ski " + strings.Repeat("xy", 20), "not 40 hex digits"},
		{"-dial localhost:4712", "needs -remote-ski"},
		{"-mdns -dial localhost:4712 -remote-ski " + ski, "exclude each other"},
		{"-role system -once", "-role guard"},
		{"-heartbeat 2s", "more than 2s"},
		{"guard", "unexpected argument"},
	} {
		_, err := parseOptions(strings.Fields(c.line))
		if (err == nil) != (c.want == "") || (err != nil && !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%q: got %v, want %q", c.line, err, c.want)
		}
	}
}

func TestIdentityIsCreatedOnceAndKept(t *testing.T) {
	dir := t.TempDir()
	certPath, keyPath := filepath.Join(dir, "peer.crt"), filepath.Join(dir, "peer.key")
	first, err := loadOrCreateIdentity(certPath, keyPath)
	if err != nil || len(first.ski) != 40 {
		t.Fatalf("got %q, %v", first.ski, err)
	}
	second, err := loadOrCreateIdentity(certPath, keyPath)
	if err != nil || second.ski != first.ski {
		t.Errorf("got %q, %v; want %q", second.ski, err, first.ski)
	}
	if _, err := loadOrCreateIdentity(certPath, filepath.Join(dir, "other.key")); err == nil {
		t.Error("a certificate without its key is accepted")
	}
}

// reports receives what a discovery reports.
type reports chan map[string]*shipapi.MdnsEntry

func (r reports) ReportMdnsEntries(entries map[string]*shipapi.MdnsEntry, _ bool) { r <- entries }

func TestStaticDiscoveryReportsThePeerUntilShutdown(t *testing.T) {
	for address, want := range map[string]shipapi.MdnsEntry{
		"192.0.2.1:4712": {Port: 4712, Addresses: []net.IP{net.ParseIP("192.0.2.1")}},
		"[::1]:4713":     {Port: 4713, Addresses: []net.IP{net.ParseIP("::1")}},
		"box.test:4714":  {Port: 4714, Host: "box.test"},
	} {
		discovery, err := newStaticDiscovery("ab", address)
		if err != nil {
			t.Fatal(err)
		}
		seen := make(reports, 1)
		if err := discovery.Start(seen); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			got := (<-seen)["ab"]
			if got == nil || got.Port != want.Port || got.Host != want.Host || got.Path != "/ship/" ||
				len(got.Addresses) != len(want.Addresses) || (len(want.Addresses) > 0 && !got.Addresses[0].Equal(want.Addresses[0])) {
				t.Errorf("%s: got %+v", address, got)
			}
			discovery.RequestMdnsEntries()
		}
		<-seen
		discovery.Shutdown()
		discovery.RequestMdnsEntries()
		select {
		case entries := <-seen:
			t.Errorf("%s: %v reported after Shutdown", address, entries)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func TestStaticDiscoveryRefusesAnAddressWithoutPort(t *testing.T) {
	for _, address := range []string{"192.0.2.1", "192.0.2.1:x", "192.0.2.1:70000"} {
		if _, err := newStaticDiscovery("ab", address); err == nil {
			t.Errorf("%s is accepted", address)
		}
	}
}
