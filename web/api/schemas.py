"""What programs send and get. Sums and quantities travel as decimal strings: binary fractions would change them."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

Text = Annotated[str, Field(max_length=200)]
Word = Annotated[str, Field(max_length=64)]
ServiceCode = Literal["delivery", "installation", "measuring", "commissioning", "consulting"]


class _Sent(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class ConsentsIn(_Sent):
    """На что клиент согласился на вашей форме. Молчание — не согласие."""

    personal_data: bool = False
    ads: bool = False
    calls: bool = False


class CustomerIn(_Sent):
    """Нужен телефон или почта."""

    name: Text = ""
    phone: str = Field("", max_length=60, examples=["8 912 440-18-25"])
    email: str = Field("", max_length=254, examples=["anna@example.ru"])
    consents: ConsentsIn = ConsentsIn()


class LineIn(_Sent):
    """Известный артикул сам даёт название и цену каталога, если они не переданы."""

    kind: Literal["goods", "service"] = "goods"
    article: Word = ""
    name: str = Field("", max_length=300)
    service: ServiceCode | None = None
    quantity: str = Field("1", pattern=r"^[0-9]{1,7}(\.[0-9]{1,3})?$", examples=["40", "12.5"])
    price: str | None = Field(None, pattern=r"^[0-9]{1,9}(\.[0-9]{1,4})?$", examples=["222.75"])
    params: dict[Word, Annotated[str, Field(max_length=300)]] = Field({}, max_length=20)


class OrderIn(_Sent):
    external_id: str = Field("", max_length=120, description="Номер заказа в вашей программе")
    customer: CustomerIn
    lines: list[LineIn] = Field([], max_length=200)
    region: str | None = Field(None, max_length=10, description="ISO 3166-2", examples=["RU-MOW"])
    city: str = Field("", max_length=120)
    address: str = Field("", max_length=500)
    lat: float | None = Field(None, ge=-90, le=90, allow_inf_nan=False)
    lon: float | None = Field(None, ge=-180, le=180, allow_inf_nan=False)
    source: Word = "unknown"
    medium: Word = "unknown"
    campaign: Text = ""
    term: Text = ""
    request_type: Word = "unknown"
    site: int | None = Field(
        None, ge=1, le=2**53, description="Дилер, с чьего сайта заказ; пусто: головной сайт"
    )
    comment: str = Field("", max_length=4000)
    due_at: AwareDatetime | date | None = Field(None, description="Момент с зоной или последний день срока")


class CallbackIn(_Sent):
    """Кому и когда перезвонить. `site` — ключ сайта из раздела «Обратные звонки», если звонок с него."""

    phone: str = Field(max_length=60, examples=["8 912 440-18-25"])
    name: str = Field("", max_length=100)
    note: str = Field("", max_length=500)
    at: AwareDatetime | None = Field(
        None, description="Удобное время; без него — через 30 секунд", strict=False
    )
    site: Word = ""
    page: str = Field("", max_length=300)
    medium: Word = ""
    campaign: Text = ""


class CallbackTaken(BaseModel):
    """`due_at` — когда позвоним; ночью по времени клиента не звоним. `is_new` — открытой заявки ещё не было."""

    id: str
    due_at: datetime
    is_new: bool


class OrderTaken(BaseModel):
    """Ответ на принятый заказ; повтор с тем же Idempotency-Key получает его же."""

    number: int
    url: str = Field(description="Страница заказа для клиента")
    status: str
    created_at: datetime
    due_at: datetime | None
    region: str | None
    total: str


class LineOut(BaseModel):
    kind: str
    article: str
    name: str
    service: str
    unit: str
    quantity: str
    price: str
    total: str
    params: dict[str, str]


class CustomerOut(BaseModel):
    """`phone` пуст, пока номер скрыт; тогда `phone_text` показывает его начало."""

    name: str
    phone: str
    phone_text: str
    phone_is_hidden: bool


class DealerOut(BaseModel):
    id: int
    name: str


class OrderOut(BaseModel):
    number: int
    url: str
    kind: str
    status: str
    status_class: str
    result: str
    created_at: datetime
    due_at: datetime | None
    closed_at: datetime | None
    region: str | None
    city: str
    address: str
    source: str
    medium: str
    campaign: str
    term: str
    request_type: str
    channel: str
    external_id: str
    total: str
    dealer: DealerOut | None
    customer: CustomerOut
    lines: list[LineOut]


class OrderList(BaseModel):
    """`next` передаётся в `after` за следующей страницей; null на последней."""

    items: list[OrderOut]
    next: str | None


class ReviewOut(BaseModel):
    """`name` — имя, если покупатель его назвал. Телефоны и адреса почты из текста убраны."""

    id: int
    dealer: DealerOut | None
    name: str
    score: int | None = Field(description="От 1 до 5")
    text: str
    day: date


class ReviewList(BaseModel):
    """`count` и `mean` — по всем показанным отзывам; `next` передаётся в `after` за следующей страницей."""

    items: list[ReviewOut]
    count: int
    mean: float | None
    next: int | None


class Problem(BaseModel):
    """RFC 9457. `code` не меняется; `errors` говорит, что исправить, по полям."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    errors: dict[str, str] | None = None
