package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"time"

	shipapi "github.com/enbility/ship-go/api"
	"github.com/enbility/ship-go/hub"
	"github.com/enbility/ship-go/mdns"
	spineapi "github.com/enbility/spine-go/api"
	"github.com/enbility/spine-go/model"
	"github.com/enbility/spine-go/spine"
)

const (
	brand = "EEBUS"
	// closeWait is longer than the 500 ms ship-go takes between its connectionClose and the end.
	closeWait = 2 * time.Second
)

// deviceKind is what the two roles announce differently.
type deviceKind struct {
	model  string
	device model.DeviceTypeType
	entity model.EntityTypeType
}

var deviceKinds = map[string]deviceKind{
	"guard":  {"GoGuard", model.DeviceTypeTypeElectricitySupplySystem, model.EntityTypeTypeGridGuard},
	"system": {"GoSystem", model.DeviceTypeTypeHeatgenerationSystem, model.EntityTypeTypeHeatPumpAppliance},
}

// node is ship-go's hub and a SPINE device with one entity. It does what eebus-go's service does,
// but leaves the choice of discovery open.
type node struct {
	hub       *hub.Hub
	discovery shipapi.MdnsInterface
	device    *spine.DeviceLocal
	entity    *spine.EntityLocal
	port      int
	remoteSKI string

	// session runs for each connection that reached the data phase until that connection ends.
	session func(ctx context.Context, ski string)

	mu      sync.Mutex
	cancels map[string]context.CancelFunc
}

var (
	_ shipapi.HubReaderInterface     = (*node)(nil)
	_ spineapi.EventHandlerInterface = (*node)(nil)
)

func newNode(o options, id identity) (*node, error) {
	port, err := choosePort(o.port)
	if err != nil {
		return nil, err
	}
	kind := deviceKinds[o.role]
	serial := id.ski[:8]
	shipID := fmt.Sprintf("%s-%s-%s", brand, kind.model, serial)
	service := shipapi.NewServiceDetails(id.ski)
	service.SetShipID(shipID)
	service.SetDeviceType(string(kind.device))

	n := &node{port: port, remoteSKI: o.remoteSKI, cancels: make(map[string]context.CancelFunc)}
	if o.mdns {
		n.discovery = mdns.NewMDNS(id.ski, brand, kind.model, string(kind.device), shipID, shipID,
			port, nil, mdns.MdnsProviderSelectionAll)
	} else if n.discovery, err = newStaticDiscovery(o.remoteSKI, o.dial); err != nil {
		return nil, err
	}
	n.hub = hub.NewHub(n, n.discovery, port, id.certificate, service)

	n.device = spine.NewDeviceLocal(brand, kind.model, serial, shipID,
		fmt.Sprintf("d:_n:%s_%s-%s", brand, kind.model, serial),
		kind.device, model.NetworkManagementFeatureSetTypeSmart)
	n.entity = spine.NewEntityLocal(n.device, kind.entity, []model.AddressEntityType{1}, o.heartbeat)
	n.device.AddEntity(n.entity)
	return n, spine.Events.Subscribe(n)
}

// choosePort fails if the port is taken: hub.Hub would only log that, and names no port it chose.
func choosePort(port int) (int, error) {
	listener, err := net.Listen("tcp", fmt.Sprintf(":%d", port))
	if err != nil {
		return 0, err
	}
	return listener.Addr().(*net.TCPAddr).Port, listener.Close()
}

// start lets the hub listen and dial. It returns once the port accepts connections.
func (n *node) start() error {
	if n.remoteSKI != "" {
		n.hub.RegisterRemoteSKI(n.remoteSKI)
	}
	n.hub.Start()
	address := net.JoinHostPort("localhost", strconv.Itoa(n.port))
	if !poll(context.Background(), 5*time.Second, func() bool {
		conn, err := net.Dial("tcp", address)
		return err == nil && conn.Close() == nil
	}) {
		return errors.New("the hub does not listen")
	}
	emit("listening", fields{"port": n.port})
	return nil
}

// stop ends the connection by SHIP's connectionClose and everything else after it.
func (n *node) stop() {
	n.discovery.Shutdown()
	if n.remoteSKI != "" {
		n.hub.DisconnectSKI(n.remoteSKI, "unspecific")
		poll(context.Background(), closeWait, func() bool { return !n.connected() })
	}
	n.hub.Shutdown()
}

func (n *node) connected() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.cancels) > 0
}

// poll asks for the condition every 50 ms until it holds (true), or the time or context is over.
func poll(ctx context.Context, limit time.Duration, condition func() bool) bool {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for !condition() {
		select {
		case <-ctx.Done():
			return false
		case <-time.After(50 * time.Millisecond):
		}
	}
	return true
}

func (n *node) RemoteSKIConnected(ski string) {
	emit("connected", fields{"ski": ski})
}

// RemoteSKIDisconnected holds the lock to its end: ship-go reports the end of one connection up to
// twice at the same time, and spine-go removes a device without a lock of its own.
func (n *node) RemoteSKIDisconnected(ski string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if cancel, ok := n.cancels[ski]; ok {
		cancel()
		delete(n.cancels, ski)
	}
	n.device.RemoveRemoteDeviceConnection(ski)
	emit("disconnected", fields{"ski": ski})
}

func (n *node) SetupRemoteDevice(ski string, writer shipapi.ShipConnectionDataWriterInterface) shipapi.ShipConnectionDataReaderInterface {
	ctx, cancel := context.WithCancel(context.Background())
	n.mu.Lock()
	if old, ok := n.cancels[ski]; ok {
		old()
	}
	n.cancels[ski] = cancel
	n.mu.Unlock()
	reader := n.device.SetupRemoteDevice(ski, writer)
	if n.session != nil {
		go n.session(ctx, ski)
	}
	return reader
}

func (n *node) VisibleRemoteServicesUpdated(entries []shipapi.RemoteService) {
	for _, entry := range entries {
		emit("visible", fields{"ski": entry.Ski, "name": entry.Name, "id": entry.Identifier})
	}
}

func (n *node) ServiceShipIDUpdate(ski, shipID string) {
	emit("ship-id", fields{"ski": ski, "id": shipID})
}

var pairingStates = map[shipapi.ConnectionState]string{
	shipapi.ConnectionStateNone:                   "none",
	shipapi.ConnectionStateQueued:                 "queued",
	shipapi.ConnectionStateInitiated:              "initiated",
	shipapi.ConnectionStateReceivedPairingRequest: "received-pairing-request",
	shipapi.ConnectionStateInProgress:             "in-progress",
	shipapi.ConnectionStateTrusted:                "trusted",
	shipapi.ConnectionStatePin:                    "pin",
	shipapi.ConnectionStateCompleted:              "completed",
	shipapi.ConnectionStateRemoteDeniedTrust:      "remote-denied-trust",
	shipapi.ConnectionStateError:                  "error",
}

// ServicePairingDetailUpdate is called 500 ms late by ship-go.
func (n *node) ServicePairingDetailUpdate(ski string, detail *shipapi.ConnectionStateDetail) {
	f := fields{"ski": ski, "state": pairingStates[detail.State()]}
	if err := detail.Error(); err != nil {
		f["error"] = err.Error()
	}
	emit("pairing", f)
}

// AllowWaitingForTrust says no: nobody sits here to approve a peer that is not paired.
func (n *node) AllowWaitingForTrust(string) bool { return false }

// HandleEvent reports what the peer announces, binds and subscribes, and its heartbeats.
func (n *node) HandleEvent(payload spineapi.EventPayload) {
	switch data := payload.Data.(type) {
	case *model.NodeManagementUseCaseDataType:
		for _, information := range data.UseCaseInformation {
			reportUseCases(information)
		}
	case *model.DeviceDiagnosisHeartbeatDataType:
		f := fields{"counter": data.HeartbeatCounter, "by": payload.CmdClassifier}
		if data.HeartbeatTimeout != nil {
			if timeout, err := data.HeartbeatTimeout.GetTimeDuration(); err == nil {
				f["timeout"] = timeout.Seconds()
			}
		}
		emit("heartbeat", f)
	}
	change := map[spineapi.EventType]string{
		spineapi.EventTypeBindingChange:      "binding",
		spineapi.EventTypeSubscriptionChange: "subscription",
	}[payload.EventType]
	if change != "" && payload.LocalFeature != nil {
		emit(change, fields{"feature": payload.LocalFeature.Type(), "added": payload.ChangeType == spineapi.ElementChangeAdd})
	}
}

func reportUseCases(information model.UseCaseInformationDataType) {
	for _, support := range information.UseCaseSupport {
		f := fields{"actor": information.Actor, "name": support.UseCaseName,
			"version": support.UseCaseVersion, "scenarios": support.ScenarioSupport}
		if information.Address != nil {
			f["entity"] = information.Address.Entity
		}
		emit("usecase", f)
	}
}
