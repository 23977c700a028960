// Command eebus-go-peer is one EEBUS node on the published Go stack (eebus-go, ship-go,
// spine-go): an Energy Guard or a Controllable System of the use case LPC. It is the foreign
// peer that this project's own nodes are tested and recorded against.
package main

import (
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/enbility/ship-go/logging"
	"github.com/enbility/ship-go/util"
)

// options are the command line.
type options struct {
	role      string
	port      int
	cert, key string
	remoteSKI string
	dial      string
	mdns      bool
	limit     float64
	duration  time.Duration
	active    bool
	accept    bool
	heartbeat time.Duration
	once      bool
	timeout   time.Duration
	trace     string
	verbose   bool
}

func parseOptions(args []string) (options, error) {
	var o options
	flags := flag.NewFlagSet("eebus-go-peer", flag.ContinueOnError)
	flags.StringVar(&o.role, "role", "", "guard (Energy Guard) or system (Controllable System); without it only the SKI is printed")
	flags.IntVar(&o.port, "port", 0, "TCP port to listen on; 0 takes a free one")
	flags.StringVar(&o.cert, "cert", "peer.crt", "certificate `file`, created if missing")
	flags.StringVar(&o.key, "key", "peer.key", "private key `file`, created if missing")
	flags.StringVar(&o.remoteSKI, "remote-ski", "", "SKI of the paired peer (40 hex digits); without it every peer is refused")
	flags.StringVar(&o.dial, "dial", "", "`host:port` of the paired peer; without it the node only listens")
	flags.BoolVar(&o.mdns, "mdns", false, "discover and announce with ship-go's mDNS instead of -dial")
	flags.Float64Var(&o.limit, "limit", 4200, "guard: limit to write, in W")
	flags.DurationVar(&o.duration, "for", 0, "guard: duration of the limit; 0 sends none")
	flags.BoolVar(&o.active, "active", true, "guard: write the limit as active")
	flags.BoolVar(&o.accept, "accept", true, "system: accept limits")
	flags.DurationVar(&o.heartbeat, "heartbeat", time.Minute, "heartbeatTimeout to announce; spine-go sends 2 s earlier")
	flags.BoolVar(&o.once, "once", false, "guard: end after the limit was read back")
	flags.DurationVar(&o.timeout, "timeout", 0, "end after this time (an error with -once); 0 never")
	flags.StringVar(&o.trace, "trace", "", "`file` for the SHIP messages, one a line")
	flags.BoolVar(&o.verbose, "v", false, "logs of the Go stack on stderr")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	o.remoteSKI = util.NormalizeSKI(o.remoteSKI)
	return o, o.check(flags.Args())
}

func (o options) check(rest []string) error {
	switch {
	case len(rest) > 0:
		return fmt.Errorf("unexpected argument %q", rest[0])
	case o.role != "" && o.role != "guard" && o.role != "system":
		return fmt.Errorf("-role %q is neither guard nor system", o.role)
	case o.remoteSKI != "" && (len(o.remoteSKI) != 40 || strings.Trim(o.remoteSKI, "0123456789abcdef") != ""):
		return fmt.Errorf("-remote-ski %q is not 40 hex digits", o.remoteSKI)
	case o.dial != "" && o.remoteSKI == "":
		return fmt.Errorf("-dial needs -remote-ski")
	case o.dial != "" && o.mdns:
		return fmt.Errorf("-dial and -mdns exclude each other")
	case o.once && o.role != "guard":
		return fmt.Errorf("-once is for -role guard")
	case o.heartbeat <= 2*time.Second:
		return fmt.Errorf("-heartbeat must be more than 2s")
	}
	return nil
}

func main() {
	o, err := parseOptions(os.Args[1:])
	if err == flag.ErrHelp {
		os.Exit(0)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "eebus-go-peer:", err)
		os.Exit(2)
	}
	if err := run(o); err != nil {
		fmt.Fprintln(os.Stderr, "eebus-go-peer:", err)
		os.Exit(1)
	}
}

// run lives until the guard is done (-once), the timeout, or a signal.
func run(o options) error {
	stackLog, err := newStackLog(o.trace, o.verbose)
	if err != nil {
		return err
	}
	logging.SetLogging(stackLog)
	if !o.verbose {
		log.SetOutput(io.Discard) // net/http reports there what hub.Hub serves
	}

	id, err := loadOrCreateIdentity(o.cert, o.key)
	if err != nil {
		return err
	}
	fmt.Fprintln(os.Stderr, "SKI:", id.ski)
	emit("ski", fields{"ski": id.ski})
	if o.role == "" {
		return nil
	}

	n, err := newNode(o, id)
	if err != nil {
		return err
	}
	done := make(chan error, 1)
	if o.role == "guard" {
		attachGuard(n, o, done)
	} else if err := attachSystem(n, o); err != nil {
		return err
	}
	if err := n.start(); err != nil {
		return err
	}
	defer n.stop()

	var timeout <-chan time.Time
	if o.timeout > 0 {
		timeout = time.After(o.timeout)
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	select {
	case err = <-done:
	case <-timeout:
		if o.once {
			err = fmt.Errorf("not done within %v", o.timeout)
		}
	case <-signals:
	}
	return err
}
