//go:build !darwin

package main

import (
	"strings"

	"go.bug.st/serial/enumerator"
)

// serialPorts lists the ports of the machine without opening them.
func serialPorts() ([]serialPort, error) {
	list, err := enumerator.GetDetailedPortsList()
	if err != nil {
		return nil, err
	}
	var ports []serialPort
	for _, p := range list {
		port := serialPort{Name: p.Name}
		if p.IsUSB {
			port.USB = strings.ToLower(p.VID + ":" + p.PID)
		}
		ports = append(ports, port)
	}
	return ports, nil
}
