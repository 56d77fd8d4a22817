"""Orders as Mooring keeps them: money in shop and presentment currency, taxes, discounts, payments, refunds."""

from __future__ import annotations

from msgspec import field

from mooring.domain.records import Address, Attribute, Bag, Part, Record, Ref


class Tax(Part):
    """`rate` is a fraction: 0.19 is 19 %. Whether prices include it says `Order.taxes_included`."""

    title: str | None = None
    rate: float | None = None
    source: str | None = None
    channel_liable: bool | None = None
    price_set: Bag | None = None


class DiscountValue(Part):
    """Either an amount or a percentage."""

    amount: str | None = None
    currency_code: str | None = None
    percentage: float | None = None


class Discount(Part):
    """A discount application; `code` or `title` name it, by its type."""

    typename: str | None = field(default=None, name="__typename")
    index: int | None = None
    allocation_method: str | None = None
    target_selection: str | None = None
    target_type: str | None = None
    value: DiscountValue | None = None
    title: str | None = None
    code: str | None = None
    description: str | None = None


class Allocation(Part):
    """How much of a discount falls on this line."""

    allocated_amount_set: Bag
    discount_application: Discount | None = None


class ShippingLine(Part):
    id: str | None = None
    title: str | None = None
    code: str | None = None
    source: str | None = None
    carrier_identifier: str | None = None
    custom: bool | None = None
    is_removed: bool | None = None
    original_price_set: Bag | None = None
    discounted_price_set: Bag | None = None
    tax_lines: tuple[Tax, ...] = ()
    discount_allocations: tuple[Allocation, ...] = ()


class Fee(Part):
    id: str
    name: str | None = None
    price: Bag | None = None
    tax_lines: tuple[Tax, ...] = ()


class Duty(Part):
    id: str
    price: Bag | None = None
    tax_lines: tuple[Tax, ...] = ()


class CashRounding(Part):
    payment_set: Bag | None = None
    refund_set: Bag | None = None


class Transaction(Part):
    """A payment, or an attempt at one. A redeemed gift card is one with the gateway `gift_card`."""

    id: str
    kind: str | None = None
    status: str | None = None
    test: bool | None = None
    gateway: str | None = None
    formatted_gateway: str | None = None
    manual_payment_gateway: bool | None = None
    payment_id: str | None = None
    error_code: str | None = None
    created_at: str | None = None
    processed_at: str | None = None
    parent_transaction: Ref | None = None
    amount_set: Bag | None = None
    amount_rounding_set: Bag | None = None


class RefundHead(Part):
    """What a bulk file can say of a refund; the rest is read by id."""

    id: str
    created_at: str | None = None
    total_refunded_set: Bag | None = None


class OrderApp(Part):
    id: str
    name: str | None = None


class Attribution(Part):
    """The sales channel."""

    handle: str | None = None
    display_name: str | None = None


class PaymentTerms(Part):
    payment_terms_name: str | None = None
    payment_terms_type: str | None = None
    due_in_days: int | None = None


class Order(Record):
    """Amounts named `current…` are after edits and refunds, the others as ordered."""

    name: str = ""
    confirmation_number: str | None = None
    po_number: str | None = None
    created_at: str | None = None
    processed_at: str | None = None
    cancelled_at: str | None = None
    cancel_reason: str | None = None
    closed_at: str | None = None
    edited: bool | None = None
    test: bool | None = None
    customer: Ref | None = None
    email: str | None = None
    phone: str | None = None
    customer_locale: str | None = None
    note: str | None = None
    tags: tuple[str, ...] = ()
    custom_attributes: tuple[Attribute, ...] = ()
    source_name: str | None = None
    source_identifier: str | None = None
    app: OrderApp | None = None
    attribution: Attribution | None = None
    display_financial_status: str | None = None
    display_fulfillment_status: str | None = None
    return_status: str | None = None
    currency_code: str = ""
    presentment_currency_code: str = ""
    taxes_included: bool | None = None
    tax_exempt: bool | None = None
    duties_included: bool | None = None
    payment_gateway_names: tuple[str, ...] = ()
    payment_terms: PaymentTerms | None = None
    discount_codes: tuple[str, ...] = ()
    billing_address: Address | None = None
    shipping_address: Address | None = None
    shipping_line: ShippingLine | None = None
    tax_lines: tuple[Tax, ...] = ()
    current_tax_lines: tuple[Tax, ...] = ()
    additional_fees: tuple[Fee, ...] = ()
    subtotal_price_set: Bag | None = None
    total_discounts_set: Bag | None = None
    total_shipping_price_set: Bag | None = None
    total_tax_set: Bag | None = None
    total_tip_received_set: Bag | None = None
    total_price_set: Bag | None = None
    original_total_duties_set: Bag | None = None
    total_cash_rounding_adjustment: CashRounding | None = None
    total_received_set: Bag | None = None
    total_outstanding_set: Bag | None = None
    total_refunded_set: Bag | None = None
    current_subtotal_price_set: Bag | None = None
    current_total_discounts_set: Bag | None = None
    current_shipping_price_set: Bag | None = None
    current_total_tax_set: Bag | None = None
    current_total_duties_set: Bag | None = None
    current_total_price_set: Bag | None = None
    transactions: tuple[Transaction, ...] = ()
    refunds: tuple[RefundHead, ...] = ()


class LineGroup(Part):
    """The bundle a line was sold in."""

    id: str
    title: str | None = None
    quantity: int | None = None


class Line(Record):
    """An order line. Title, SKU and vendor are as they were sold; product and variant are null once deleted."""

    title: str = ""
    variant_title: str | None = None
    sku: str | None = None
    vendor: str | None = None
    quantity: int = 0
    current_quantity: int | None = None
    requires_shipping: bool | None = None
    taxable: bool | None = None
    is_gift_card: bool | None = None
    product: Ref | None = None
    variant: Ref | None = None
    line_item_group: LineGroup | None = None
    custom_attributes: tuple[Attribute, ...] = ()
    original_unit_price_set: Bag | None = None
    discounted_total_set: Bag | None = None
    discount_allocations: tuple[Allocation, ...] = ()
    tax_lines: tuple[Tax, ...] = ()
    duties: tuple[Duty, ...] = ()


class RefundLine(Part):
    id: str | None = None
    quantity: int = 0
    restock_type: str | None = None
    restocked: bool | None = None
    line_item: Ref | None = None
    price_set: Bag | None = None
    subtotal_set: Bag | None = None
    total_tax_set: Bag | None = None


class RefundShipping(Part):
    id: str
    shipping_line: Ref | None = None
    subtotal_amount_set: Bag | None = None
    tax_amount_set: Bag | None = None


class Adjustment(Part):
    id: str
    reason: str | None = None
    amount_set: Bag | None = None
    tax_amount_set: Bag | None = None


class RefundDuty(Part):
    amount_set: Bag | None = None
    original_duty: Ref | None = None


class Refund(Record):
    """A refund with everything in it; `parent_id` is its order."""

    created_at: str | None = None
    processed_at: str | None = None
    note: str | None = None
    total_refunded_set: Bag | None = None
    refund_line_items: tuple[RefundLine, ...] = ()
    refund_shipping_lines: tuple[RefundShipping, ...] = ()
    order_adjustments: tuple[Adjustment, ...] = ()
    transactions: tuple[Transaction, ...] = ()
    duties: tuple[RefundDuty, ...] | None = None


class OrderDetail(Part):
    """What an order has beyond its bulk line and its refunds."""

    shipping_lines: tuple[ShippingLine, ...] = ()
