package main

import "go.bug.st/serial"

// serialPorts lists the ports of the machine without opening them. What a port belongs to is told by frameworks that
// need cgo on this system.
func serialPorts() ([]serialPort, error) {
	names, err := serial.GetPortsList()
	var ports []serialPort
	for _, name := range names {
		ports = append(ports, serialPort{Name: name})
	}
	return ports, err
}
