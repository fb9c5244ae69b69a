-- What the charges of orders could still give back, so that a deposit leaves room for it. It is a bound and no money: while an
-- earlier build still charges beside this one it may be off, so nothing is checked that a refund could fail on.
alter table billing_accounts add column refundable bigint not null default 0;
update billing_accounts as account set refundable = charged.amount
from (
    select owner_id, -sum(amount) as amount from transactions where scope = 'order' and kind = 'withdrawal' and not is_cancelled group by owner_id
) as charged
where charged.owner_id = account.owner_id;
