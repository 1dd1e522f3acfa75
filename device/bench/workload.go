package bench

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/openkkt/openkkt/device"
	"github.com/openkkt/openkkt/tlv"
	"github.com/openkkt/openkkt/tlv/ffd"
)

// Names of the workloads.
const (
	// Supermarket30 sells receipts of 30 items with mixed VAT, some of them by
	// weight, two of three paid by card and the others in cash; 3 % are refunds.
	Supermarket30 = "supermarket-30"
	// Kiosk1 sells one item by card.
	Kiosk1 = "kiosk-1"
)

// Workloads are the names of all workloads.
func Workloads() []string { return []string{Supermarket30, Kiosk1} }

// Workload makes receipts. The same name and seed make the same receipts.
type Workload struct {
	name string
	next func(*Workload) device.Receipt
	rand *rand.Rand
	cash uint64 // kopecks that the receipts so far have put into the drawer
	// units: goods by weight carry their unit (2108), as format 1.2 wants.
	units bool
}

// UnknownWorkloadError is the error of [NewWorkload].
type UnknownWorkloadError struct{ Name string }

func (e *UnknownWorkloadError) Error() string {
	return fmt.Sprintf("workload %q is not known; there are %s", e.Name, strings.Join(Workloads(), ", "))
}

// NewWorkload gives the workload with that name. Units makes goods by weight
// carry their unit of measure, which registers of format 1.2 want and older ones
// refuse.
func NewWorkload(name string, seed uint64, units bool) (*Workload, error) {
	w := &Workload{name: name, units: units, rand: rand.New(rand.NewPCG(seed, 0))}
	switch name {
	case Supermarket30:
		w.next = (*Workload).supermarket
	case Kiosk1:
		w.next = (*Workload).kiosk
	default:
		return nil, &UnknownWorkloadError{name}
	}
	return w, nil
}

// Name is the name of the workload.
func (w *Workload) Name() string { return w.name }

// Next makes the next receipt.
func (w *Workload) Next() device.Receipt { return w.next(w) }

const (
	supermarketItems = 30
	refundPercent    = 3
	cashPercent      = 35
)

func (w *Workload) supermarket() device.Receipt {
	r := device.Receipt{Operation: device.Sale, Items: make([]device.Item, supermarketItems)}
	if w.percent(refundPercent) {
		r.Operation = device.SaleReturn
	}
	for i := range r.Items {
		r.Items[i] = w.item(catalogue[w.rand.IntN(len(catalogue))])
	}
	r.Complete()
	inCash := w.percent(cashPercent)
	switch {
	case r.Operation == device.SaleReturn && inCash && w.cash >= r.Total:
		// A drawer is not in debt: the register refuses (46h) to pay out what it does
		// not hold, so what does not fit goes back to the card.
		r.Cash = r.Total
		w.cash -= r.Total
	case r.Operation == device.Sale && inCash:
		w.cash += r.Total
		r.Cash = w.banknotes(r.Total)
	default:
		r.Electronic = r.Total
	}
	return r
}

func (w *Workload) kiosk() device.Receipt {
	r := device.Receipt{Operation: device.Sale, Items: []device.Item{w.item(kioskGood)}}
	r.Complete()
	r.Electronic = r.Total
	return r
}

func (w *Workload) percent(p int) bool { return w.rand.IntN(100) < p }

func (w *Workload) item(g good) device.Item {
	it := device.Item{
		Name: g.name, Price: g.price, VATRate: g.rate, Department: 1,
		Subject: subjectGoods, Method: methodFullPayment,
	}
	if !g.weighed {
		it.Quantity = tlv.Decimal{Mantissa: 1}
		if w.percent(20) {
			it.Quantity.Mantissa = 2 + w.rand.Uint64N(3)
		}
		return it
	}
	it.Quantity = tlv.Decimal{Mantissa: 100 + w.rand.Uint64N(2400), Scale: 3}
	if w.units {
		it.Tags = tlv.AppendByte(nil, ffd.MeasureUnit, unitKilogram)
	}
	return it
}

// banknotes is what a customer hands over for a sum: the exact money, or rounded
// up to a banknote.
func (w *Workload) banknotes(total uint64) uint64 {
	notes := []uint64{1, 100_00, 500_00, 1000_00}
	note := notes[w.rand.IntN(len(notes))]
	return (total + note - 1) / note * note
}

// Values of tags 1212, 1214 and 2108 (order ЕД-7-20/662@).
const (
	subjectGoods      = 1
	methodFullPayment = 4
	unitKilogram      = 11
)

// Values of tag 1199.
const (
	vat20   = 1
	vat10   = 2
	vatNone = 6
)

type good struct {
	name    string
	price   uint64 // kopecks
	rate    uint8
	weighed bool // price of a kilogram
}

var kioskGood = good{"Кофе американо 0,3 л", 150_00, vat20, false}

// catalogue has long and short names, as a shop's has: the length of a name is
// what an item costs on a slow line.
var catalogue = []good{
	{"Хлеб Дарницкий нарезка 350 г", 49_90, vat10, false},
	{"Батон нарезной 400 г", 45_50, vat10, false},
	{"Молоко пастеризованное 3,2 % 930 мл", 92_90, vat10, false},
	{"Кефир 2,5 % 900 г", 84_00, vat10, false},
	{"Сметана 20 % 300 г", 99_99, vat10, false},
	{"Масло сливочное Крестьянское 72,5 % 180 г", 189_90, vat10, false},
	{"Сыр Российский 50 %", 899_00, vat10, true},
	{"Яйцо куриное столовое С1 10 шт.", 119_90, vat10, false},
	{"Колбаса вареная Докторская ГОСТ 500 г", 329_90, vat10, false},
	{"Филе куриное охлажденное", 419_90, vat10, true},
	{"Картофель мытый", 39_90, vat10, true},
	{"Морковь", 54_90, vat10, true},
	{"Лук репчатый", 37_50, vat10, true},
	{"Яблоки Гренни Смит", 159_90, vat20, true},
	{"Бананы", 139_99, vat20, true},
	{"Мандарины", 189_90, vat20, true},
	{"Сахар-песок 1 кг", 74_90, vat10, false},
	{"Крупа гречневая ядрица 800 г", 89_90, vat10, false},
	{"Макаронные изделия спагетти № 5 450 г", 79_90, vat10, false},
	{"Масло подсолнечное рафинированное дезодорированное 900 мл", 129_90, vat10, false},
	{"Чай черный байховый 100 пакетиков", 249_90, vat20, false},
	{"Кофе растворимый сублимированный 190 г", 549_00, vat20, false},
	{"Шоколад молочный с цельным фундуком 90 г", 119_90, vat20, false},
	{"Печенье овсяное 400 г", 94_90, vat20, false},
	{"Вода питьевая негазированная 1,5 л", 44_90, vat20, false},
	{"Сок яблочный осветленный 1 л", 109_90, vat20, false},
	{"Пиво светлое безалкогольное 0,45 л", 79_90, vat20, false},
	{"Средство для мытья посуды Лимон 900 мл", 179_90, vat20, false},
	{"Порошок стиральный автомат Color 3 кг", 499_00, vat20, false},
	{"Бумага туалетная 2 слоя 8 рулонов", 199_90, vat20, false},
	{"Зубная паста 75 мл", 149_90, vat20, false},
	{"Корм для кошек с говядиной в соусе 85 г", 36_90, vat20, false},
	{"Батарейки AA LR6 4 шт.", 299_00, vat20, false},
	{"Пакет-майка", 8_90, vat20, false},
	{"Мед цветочный фермерский 500 г", 399_00, vatNone, false},
	{"Зелень укроп 50 г", 49_90, vatNone, false},
}
