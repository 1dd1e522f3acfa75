"""One day of a shop through the Python package pyshtrih.

Called by the conformance test with the serial port of a register as the only
argument. It prints one JSON object of what the package saw and decided; the
test compares that with what the register holds. Nothing of the package is here.
"""
import collections
import collections.abc
import datetime
import json
import sys

# The package is older than Python 3.10, which took these names away.
for name in ("Iterable", "Mapping", "MutableMapping", "Sequence", "Set"):
    if not hasattr(collections, name):
        setattr(collections, name, getattr(collections.abc, name))

import pyshtrih
from pyshtrih import excepts

port = sys.argv[1]

found = pyshtrih.discovery(None, port, 115200)
seen = {"discovered": [type(d).__name__ for d in found]}
if len(found) != 1:
    print(json.dumps(seen))
    sys.exit("%d registers on %s" % (len(found), port))

register = found[0]
register.password = 30
register.connect()
# A read that the register leaves without an answer costs this much.
register.timeout = 2


def mode():
    return register.state()["Режим ФР"].num


def value(table, row, field, kind):
    return register.read_table(table, row, field, kind)["Значение"]


def money(number):
    return register.request_monetary_register(number)["Содержимое регистра"]


def count(number):
    return register.request_operational_register(number)["Содержимое регистра"]


def refused(call, *args):
    try:
        call(*args)
    except excepts.Error as err:
        return err.code
    return 0


model = register.model()
seen["model"] = model["Модель устройства"]
seen["protocol"] = [
    model["Версия протокола для данного устройства"],
    model["Подверсия протокола для данного устройства"],
]
seen["name"] = model["Название устройства"]
full = register.full_state()
seen["storage"] = bytes(register.fs_state()["Номер ФН"]).decode("ascii")
seen["registrations"] = register.fs_expiration_time()["Выполнено отчетов о перерегистрации"]
seen["link"] = register.read_exchange_params(0)["Код скорости обмена"]

# Tables: their structure as the register tells it, and a value of either kind.
fields = 0
wrong = []
for table in range(1, 26):
    if refused(register.request_table_structure, table) == 0x5D:
        continue
    for field in range(1, register.request_table_structure(table)["Количество полей"] + 1):
        structure = register.request_field_structure(table, field)
        try:
            value(table, 1, field, structure["Тип поля"])
        except excepts.Error as err:
            wrong.append([table, field, err.code])
        fields += 1
seen["fields"] = fields
seen["unreadable"] = wrong
register.write_table(4, 1, 1, "Добро пожаловать", str)
seen["text"] = value(4, 1, 1, str)
register.write_table(1, 1, 1, 7, int)
seen["number"] = value(1, 1, 1, int)
seen["beyond"] = refused(register.write_table, 1, 1, 1, 0, int)

# The day.
seen["closed"] = mode()
register.print_string("До смены")
register.print_line()
register.feed(2, cash_tape=True)
register.cut(True)
register.open_drawer()
register.open_shift()
seen["open"] = mode()
register.income(50000)
register.outcome(20000)

register.open_check(0)
seen["receipt"] = mode()
register.send_tlv_struct(pyshtrih.FD({1008: "buyer@example.ru"}).dump())
register.sale(("Хлеб", 2000, 4550), department_num=1, tax1=2)
register.sale(("Сыр весовой", 1234, 89900), department_num=2, tax1=1)
seen["twice"] = refused(register.open_check, 0)
seen["change"] = register.close_check(150000, text="Спасибо")["Сдача"]

register.open_check(2)
register.return_sale(("Хлеб", 1000, 4550), department_num=1, tax1=2)
register.close_check(0, 4550)

register.open_check(0)
register.sale(("Передумали", 1000, 100))
register.cancel_check()
register.repeat()
register.x_report()

seen["drawer"] = money(241)
seen["in"] = money(242)
seen["out"] = money(243)
seen["sales"] = count(148)
seen["returns"] = count(150)
shift = register.fs_shift_params()
seen["shift"] = [shift["Состояние смены"], shift["Номер смены"], shift["Номер чека"]]
seen["kind"] = register.fs_find_document_by_num(3)["Тип фискального документа"]
seen["unsent"] = register.fs_unconfirmed_document_count()["Количество неподтверждённых ФД"]
seen["queue"] = register.fs_info_exchange()["Номер документа для ОФД первого в очереди"]
register.z_report()
seen["after"] = mode()

# Another shift, with a tag put into the report of its opening and of its closing.
cashier = b"\xfd\x03\x06\x00" + "Иванов".encode("cp866")  # tag 1021
register.fs_begin_open_shift()
register.send_tlv_struct(cashier)
register.open_shift()
register.fs_begin_close_shift()
register.send_tlv_struct(cashier)
register.z_report()
seen["second"] = register.fs_shift_params()["Номер смены"]
seen["last"] = register.fs_state()["Номер последнего ФД"]

# The clock is set last: a register refuses documents before the one it has.
now = datetime.datetime.combine(full["Дата"], full["Время"])
register.set_datetime(now + datetime.timedelta(hours=1))
seen["clock"] = mode()
register.disconnect()
print(json.dumps(seen))
