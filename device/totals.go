package device

import (
	"context"

	"github.com/openkkt/openkkt/protocol/shtrih"
)

// Totals are the sums of the open shift, or of the last one until the next is
// opened, kopecks. Rows of ByOperation stand in the order of the register:
// sale, purchase, sale return, purchase return.
type Totals struct {
	ByOperation  [4]OperationTotals
	CashInDrawer uint64 // money register 241
	CashIn       uint64 // 242
	CashOut      uint64 // 243
}

// OperationTotals are the receipts of one kind.
type OperationTotals struct {
	Operation Operation
	Receipts  uint16
	// Payments are cash and payments 2, 3 and 4 of table 5 (money registers 193-208).
	Payments [4]uint64
}

// operationsInRegisters is the order "by four types" of the registers (setup guide of the printer family).
var operationsInRegisters = [4]Operation{Sale, Purchase, SaleReturn, PurchaseReturn}

// Totals reads the money registers 193-208 and 241-243 and the operation registers 144-147.
func (r *Register) Totals(ctx context.Context) (Totals, error) {
	const op = "totals"
	unlock, err := r.lock(ctx, op)
	if err != nil {
		return Totals{}, err
	}
	defer unlock()
	var t Totals
	for i, operation := range operationsInRegisters {
		row := &t.ByOperation[i]
		row.Operation = operation
		for p := range row.Payments {
			if row.Payments[p], err = r.moneyRegister(ctx, op, uint16(193+4*p+i)); err != nil {
				return Totals{}, err
			}
		}
		var count shtrih.ReadOperationRegisterReply
		if err := r.exec(ctx, op, shtrih.ReadOperationRegister{Password: r.password(), Number: uint16(144 + i)}, &count); err != nil {
			return Totals{}, err
		}
		row.Receipts = count.Value
	}
	for i, into := range [...]*uint64{&t.CashInDrawer, &t.CashIn, &t.CashOut} {
		if *into, err = r.moneyRegister(ctx, op, uint16(241+i)); err != nil {
			return Totals{}, err
		}
	}
	return t, nil
}

func (r *Register) moneyRegister(ctx context.Context, op string, number uint16) (uint64, error) {
	var reply shtrih.ReadMoneyRegisterReply
	err := r.exec(ctx, op, shtrih.ReadMoneyRegister{Password: r.password(), Number: number}, &reply)
	return reply.Value, err
}
