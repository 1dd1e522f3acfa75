package emulator

import "github.com/openkkt/openkkt/tlv/ffd"

// Info is what the register is: for banners and status pages.
type Info struct {
	Profile       string // name of the model's file, see [Profiles]
	Model         string
	FFD           ffd.Version
	StorageNumber string // ФН
}

// Info tells what the register is.
func (r *Register) Info() Info {
	r.mu.Lock()
	defer r.mu.Unlock()
	return Info{
		Profile:       r.profile.Name,
		Model:         r.profile.Device.Name,
		FFD:           r.version,
		StorageNumber: r.state.tables.text(setStorageNumber),
	}
}
