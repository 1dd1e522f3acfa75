package emulator

import "github.com/openkkt/openkkt/tlv/ffd"

// Info is what the register is: for banners and status pages.
type Info struct {
	Model         string
	FFD           ffd.Version
	StorageNumber string // ФН
}

// Info tells what the register is.
func (r *Register) Info() Info {
	r.mu.Lock()
	defer r.mu.Unlock()
	return Info{
		Model:         modelName,
		FFD:           r.version,
		StorageNumber: r.state.tables.text(tableStorage, 1, fieldStorageNumber),
	}
}
