package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	eebusapi "github.com/enbility/eebus-go/api"
	"github.com/enbility/eebus-go/features/client"
	ucapi "github.com/enbility/eebus-go/usecases/api"
	"github.com/enbility/eebus-go/usecases/eg/lpc"
	spineapi "github.com/enbility/spine-go/api"
	"github.com/enbility/spine-go/model"
	"github.com/enbility/spine-go/util"
)

const (
	// discoverWait bounds the way from the data phase to a limit that can be written.
	discoverWait = 30 * time.Second
	// subscribeWait is how long a system that never subscribes to the heartbeat holds up the limit.
	subscribeWait = 10 * time.Second
	// answerWait is longer than the 10 s spine-go gives its application to decide on a write.
	answerWait = 15 * time.Second
)

// guard is the Energy Guard: on every connection it writes its limit once and reads it back.
type guard struct {
	node  *node
	uc    *lpc.LPC
	limit ucapi.LoadLimit
	once  bool
	done  chan<- error
}

// attachGuard makes the node an Energy Guard; with -once done gets the outcome.
func attachGuard(n *node, o options, done chan<- error) {
	g := &guard{
		node:  n,
		limit: ucapi.LoadLimit{Value: o.limit, IsActive: o.active, Duration: o.duration},
		once:  o.once,
		done:  done,
	}
	g.uc = lpc.NewLPC(n.entity, g.onEvent)
	g.uc.AddFeatures()
	g.uc.AddUseCase()
	n.session = g.session
}

// session reports how the connection went. A lost connection is no result: the hub redials.
func (g *guard) session(ctx context.Context, ski string) {
	err := g.writeAndReadBack(ctx, ski)
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		emit("error", fields{"message": err.Error()})
	}
	if g.once {
		g.done <- err
	}
}

func (g *guard) writeAndReadBack(ctx context.Context, ski string) error {
	entity, err := g.awaitSystem(ctx, ski)
	if err != nil {
		return err
	}
	g.readNominalMax(entity)
	g.sendHeartbeat(ctx, ski)
	if err := g.writeLimit(ctx, entity); err != nil {
		return err
	}
	limit, err := g.readLimit(ctx, entity)
	if err != nil {
		return err
	}
	emit("limit-read-back", limitFields(limit))
	if limit.Value != g.limit.Value || limit.IsActive != g.limit.IsActive {
		return errors.New("the limit read back is not the one written")
	}
	return nil
}

// awaitSystem returns the entity of the Controllable System once eebus-go has bound, subscribed
// and read its limit. It polls, because eebus-go tells of the use case on the first connection only.
func (g *guard) awaitSystem(ctx context.Context, ski string) (spineapi.EntityRemoteInterface, error) {
	var system spineapi.EntityRemoteInterface
	poll(ctx, discoverWait, func() bool {
		device := g.node.device.RemoteDeviceForSki(ski)
		if device == nil {
			return false
		}
		for _, entity := range device.Entities() {
			if g.uc.IsScenarioAvailableAtEntity(entity, 1) && g.knowsLimit(entity) {
				system = entity
			}
		}
		return system != nil
	})
	if system == nil {
		return nil, errors.New("no Controllable System with a readable limit found")
	}
	return system, nil
}

// knowsLimit tells whether the one limit of LPC was read from the entity.
func (g *guard) knowsLimit(entity spineapi.EntityRemoteInterface) bool {
	loadControl, err := client.NewLoadControl(g.node.entity, entity)
	if err != nil {
		return false
	}
	limits, err := loadControl.GetLimitDataForFilter(consumptionLimit)
	return err == nil && len(limits) == 1
}

// consumptionLimit selects the limit of LPC among the limits of an entity.
var consumptionLimit = model.LoadControlLimitDescriptionDataType{
	LimitType:      util.Ptr(model.LoadControlLimitTypeTypeSignDependentAbsValueLimit),
	LimitDirection: util.Ptr(model.EnergyDirectionTypeConsume),
	ScopeType:      util.Ptr(model.ScopeTypeTypeActivePowerLimit),
}

// readNominalMax reads the constraints of scenario 4, which eebus-go leaves to others.
func (g *guard) readNominalMax(entity spineapi.EntityRemoteInterface) {
	connection, err := client.NewElectricalConnection(g.node.entity, entity)
	if err != nil {
		return // the scenario is only recommended for a system
	}
	counter, err := connection.RequestCharacteristics(nil, nil)
	if err != nil {
		return
	}
	_ = connection.AddResponseCallback(*counter, func(spineapi.ResponseMessage) {
		if watts, err := g.uc.ConsumptionNominalMax(entity); err == nil {
			emit("nominal-max", fields{"watts": watts})
		}
	})
}

// sendHeartbeat notifies a heartbeat as soon as the system subscribed to it, since a system need
// not evaluate a limit without one (LPC-914). spine-go alone would wait for its next period.
func (g *guard) sendHeartbeat(ctx context.Context, ski string) {
	diagnosis := g.node.entity.FeatureOfTypeAndRole(model.FeatureTypeTypeDeviceDiagnosis, model.RoleTypeServer)
	poll(ctx, subscribeWait, func() bool {
		for _, entry := range g.node.device.SubscriptionManager().SubscriptionsOnFeature(*diagnosis.Address()) {
			if entry.ClientFeature.Device().Ski() == ski {
				return true
			}
		}
		return false
	})
	g.node.entity.HeartbeatManager().SetLocalFeature(g.node.entity, diagnosis)
}

func (g *guard) writeLimit(ctx context.Context, entity spineapi.EntityRemoteInterface) error {
	results := make(chan model.ResultDataType, 1)
	_, err := g.uc.WriteConsumptionLimit(entity, g.limit, func(result model.ResultDataType) { results <- result })
	if err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(answerWait):
		return errors.New("no result for the limit")
	case result := <-results:
		f := fields{"result": result.ErrorNumber}
		if result.Description != nil {
			f["description"] = result.Description
		}
		emit("limit-written", f)
		if result.ErrorNumber == nil || *result.ErrorNumber != model.ErrorNumberTypeNoError {
			return fmt.Errorf("the limit was denied: %v", f)
		}
		return nil
	}
}

// readLimit asks the system for its limits; eebus-go's stored ones may come from a notify.
func (g *guard) readLimit(ctx context.Context, entity spineapi.EntityRemoteInterface) (limit ucapi.LoadLimit, err error) {
	loadControl, err := client.NewLoadControl(g.node.entity, entity)
	if err != nil {
		return limit, err
	}
	counter, err := loadControl.RequestLimitData(nil, nil)
	if err != nil {
		return limit, err
	}
	replies := make(chan struct{}, 1)
	if err := loadControl.AddResponseCallback(*counter, func(spineapi.ResponseMessage) { replies <- struct{}{} }); err != nil {
		return limit, err
	}
	select {
	case <-ctx.Done():
		return limit, ctx.Err()
	case <-time.After(answerWait):
		return limit, errors.New("no reply with the limit")
	case <-replies:
		return g.uc.ConsumptionLimit(entity)
	}
}

func (g *guard) onEvent(_ string, _ spineapi.DeviceRemoteInterface, entity spineapi.EntityRemoteInterface, event eebusapi.EventType) {
	switch event {
	case lpc.DataUpdateLimit:
		if limit, err := g.uc.ConsumptionLimit(entity); err == nil {
			emit("limit", limitFields(limit))
		}
	case lpc.DataUpdateFailsafeConsumptionActivePowerLimit:
		if watts, err := g.uc.FailsafeConsumptionActivePowerLimit(entity); err == nil {
			emit("failsafe", fields{"watts": watts})
		}
	case lpc.DataUpdateFailsafeDurationMinimum:
		if duration, err := g.uc.FailsafeDurationMinimum(entity); err == nil {
			emit("failsafe", fields{"duration": duration.Seconds()})
		}
	}
}

// limitFields has the duration in seconds; 0 is none.
func limitFields(limit ucapi.LoadLimit) fields {
	return fields{"watts": limit.Value, "active": limit.IsActive, "duration": limit.Duration.Seconds()}
}
