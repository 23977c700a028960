package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io/fs"
	"os"

	"github.com/enbility/ship-go/cert"
)

// identity is the certificate of this node and the SKI in it.
type identity struct {
	certificate tls.Certificate
	ski         string
}

// loadOrCreateIdentity reads the certificate and key, or writes new ones if neither file exists.
func loadOrCreateIdentity(certPath, keyPath string) (identity, error) {
	_, certErr := os.Stat(certPath)
	_, keyErr := os.Stat(keyPath)
	if errors.Is(certErr, fs.ErrNotExist) && errors.Is(keyErr, fs.ErrNotExist) {
		if err := createIdentity(certPath, keyPath); err != nil {
			return identity{}, err
		}
	}
	certificate, err := tls.LoadX509KeyPair(certPath, keyPath)
	if err != nil {
		return identity{}, err
	}
	leaf, err := x509.ParseCertificate(certificate.Certificate[0])
	if err != nil {
		return identity{}, err
	}
	ski, err := cert.SkiFromCertificate(leaf)
	return identity{certificate, ski}, err
}

func createIdentity(certPath, keyPath string) error {
	certificate, err := cert.CreateCertificate("Peer", "EEBUS", "DE", "eebus-go-peer")
	if err != nil {
		return err
	}
	key, err := x509.MarshalPKCS8PrivateKey(certificate.PrivateKey)
	if err != nil {
		return err
	}
	if err := writePEM(keyPath, "PRIVATE KEY", key, 0o600); err != nil {
		return err
	}
	return writePEM(certPath, "CERTIFICATE", certificate.Certificate[0], 0o644)
}

func writePEM(path, kind string, der []byte, mode fs.FileMode) error {
	return os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), mode)
}
