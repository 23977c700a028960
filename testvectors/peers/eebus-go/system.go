package main

import (
	"sync"
	"time"

	eebusapi "github.com/enbility/eebus-go/api"
	ucapi "github.com/enbility/eebus-go/usecases/api"
	"github.com/enbility/eebus-go/usecases/cs/lpc"
	spineapi "github.com/enbility/spine-go/api"
)

const (
	failsafeWatts    = 4200
	failsafeDuration = 2 * time.Hour
	nominalMaxWatts  = 11000
)

// system is the Controllable System: it decides on limits, keeps them, and ends them in time.
// It has no state machine beyond that; eebus-go leaves that to the application.
type system struct {
	uc     *lpc.LPC
	accept bool

	mu     sync.Mutex
	expiry *time.Timer // nil while no limit with a duration is active
}

// attachSystem makes the node a Controllable System.
func attachSystem(n *node, o options) error {
	s := &system{accept: o.accept}
	s.uc = lpc.NewLPC(n.entity, s.onEvent)
	s.uc.AddFeatures()
	s.uc.AddUseCase()
	if err := s.uc.SetFailsafeConsumptionActivePowerLimit(failsafeWatts, true); err != nil {
		return err
	}
	if err := s.uc.SetFailsafeDurationMinimum(failsafeDuration, true); err != nil {
		return err
	}
	if err := s.uc.SetConsumptionNominalMax(nominalMaxWatts); err != nil {
		return err
	}
	return s.uc.SetConsumptionLimit(ucapi.LoadLimit{Value: failsafeWatts, IsChangeable: true})
}

func (s *system) onEvent(_ string, _ spineapi.DeviceRemoteInterface, _ spineapi.EntityRemoteInterface, event eebusapi.EventType) {
	switch event {
	case lpc.WriteApprovalRequired:
		for counter, limit := range s.uc.PendingConsumptionLimits() {
			f := limitFields(limit)
			f["accepted"] = s.accept
			emit("limit-received", f)
			s.uc.ApproveOrDenyConsumptionLimit(counter, s.accept, "limits are not accepted")
		}
	case lpc.DataUpdateLimit:
		s.limitChanged()
	case lpc.DataUpdateFailsafeConsumptionActivePowerLimit:
		if watts, _, err := s.uc.FailsafeConsumptionActivePowerLimit(); err == nil {
			emit("failsafe", fields{"watts": watts})
		}
	case lpc.DataUpdateFailsafeDurationMinimum:
		if duration, _, err := s.uc.FailsafeDurationMinimum(); err == nil {
			emit("failsafe", fields{"duration": duration.Seconds()})
		}
	}
}

// limitChanged reports the stored limit and restarts its duration.
func (s *system) limitChanged() {
	limit, err := s.uc.ConsumptionLimit()
	if err != nil {
		emit("error", fields{"message": err.Error()})
		return
	}
	emit("limit", limitFields(limit))
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.expiry != nil {
		s.expiry.Stop()
		s.expiry = nil
	}
	if limit.IsActive && limit.Duration > 0 {
		s.expiry = time.AfterFunc(limit.Duration, s.expire)
	}
}

// expire deactivates the limit (LPC-908).
func (s *system) expire() {
	limit, err := s.uc.ConsumptionLimit()
	if err != nil {
		return
	}
	limit.IsActive, limit.Duration = false, 0
	if err := s.uc.SetConsumptionLimit(limit); err == nil {
		emit("limit", limitFields(limit))
	}
}
