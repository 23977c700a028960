package main

import (
	"fmt"
	"net"
	"strconv"
	"sync"

	shipapi "github.com/enbility/ship-go/api"
)

// staticDiscovery stands in for mDNS: it always sees the one peer it was given, or none, and
// announces nothing.
type staticDiscovery struct {
	mu     sync.Mutex
	peer   *shipapi.MdnsEntry // nil: only listen
	report shipapi.MdnsReportInterface
}

var _ shipapi.MdnsInterface = (*staticDiscovery)(nil)

func newStaticDiscovery(ski, address string) (*staticDiscovery, error) {
	if address == "" {
		return &staticDiscovery{}, nil
	}
	host, portText, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	port, err := strconv.ParseUint(portText, 10, 16)
	if err != nil {
		return nil, fmt.Errorf("-dial %s: %w", address, err)
	}
	peer := &shipapi.MdnsEntry{Name: "peer", Ski: ski, Identifier: "peer", Path: "/ship/", Port: int(port)}
	// hub.Hub brackets IPv6 addresses, but not a host name.
	if ip := net.ParseIP(host); ip != nil {
		peer.Addresses = []net.IP{ip}
	} else {
		peer.Host = host
	}
	return &staticDiscovery{peer: peer}, nil
}

func (d *staticDiscovery) Start(report shipapi.MdnsReportInterface) error {
	d.mu.Lock()
	d.report = report
	d.mu.Unlock()
	d.RequestMdnsEntries()
	return nil
}

// Shutdown ends the reports, and with them the redialling.
func (d *staticDiscovery) Shutdown() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.report = nil
}

// RequestMdnsEntries reports the peer again. hub.Hub calls it after every lost connection and
// every failed dial, and dials for each report.
func (d *staticDiscovery) RequestMdnsEntries() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.report == nil || d.peer == nil {
		return
	}
	entry := *d.peer
	entry.Addresses = append([]net.IP(nil), d.peer.Addresses...) // the hub sorts them in place
	go d.report.ReportMdnsEntries(map[string]*shipapi.MdnsEntry{entry.Ski: &entry}, true)
}

func (d *staticDiscovery) AnnounceMdnsEntry() error { return nil }
func (d *staticDiscovery) UnannounceMdnsEntry()     {}
func (d *staticDiscovery) SetAutoAccept(bool)       {}
