//! The sentences of a statement.

use crate::outcome::{Entry, EntryKind, MeterOwner, Reason};
use crate::units::{Credits, Money, NO_MEMBER, SimTime};

use super::super::number::short;
use super::super::rows::metered;
use super::{FeatureWords, ScopeWords, StatementFacts};

/// Tells entries one after the other.
pub(super) struct Teller<'f> {
    facts: &'f StatementFacts,
    plan: usize,
}

impl<'f> Teller<'f> {
    pub(super) fn new(facts: &'f StatementFacts) -> Self {
        Teller { facts, plan: 0 }
    }

    /// What happened, for `entry` and the entries grouped with it.
    pub(super) fn tell(&mut self, entry: &Entry, group: &[Entry]) -> Option<String> {
        if matches!(entry.kind, EntryKind::Opened | EntryKind::PlanChanged | EntryKind::RulesChanged) {
            self.plan = entry.grant as usize;
        }
        self.told_of_credits(entry, group)
            .or_else(|| self.told_of_debt_and_money(entry))
            .or_else(|| self.told_of_work(entry, group))
            .or_else(|| self.told_of_holds(entry))
            .or_else(|| self.told_of_alerts(entry))
            .or_else(|| told_of_customers(entry, &self.name(entry)))
    }

    /// `chat 17`.
    fn name(&self, entry: &Entry) -> String {
        let feature = entry.feature.and_then(|feature| self.facts.features.get(feature.index()));
        feature.map_or_else(String::new, |feature| format!("{feature} {}", entry.operation))
    }

    /// `member 2 (engineering)`, or `no member`.
    fn member(&self, member: u16) -> String {
        match self.facts.groups.get(&member) {
            _ if member == NO_MEMBER => String::from("no member"),
            Some(group) => format!("member {member} ({group})"),
            None => format!("member {member}"),
        }
    }

    /// `; tokens_in 1,200, tokens_out 300`: what is known of an operation's quantities.
    fn quantities(&self, entry: &Entry) -> String {
        let found = entry.feature.and_then(|feature| {
            let values = self.facts.measured.get(&(feature, entry.operation))?;
            Some((self.facts.quantities.get(feature.index())?, values))
        });
        let Some((names, values)) = found else { return String::new() };
        let known = names.iter().zip(values).filter(|(_, value)| !value.is_nan());
        let each: Vec<String> = known.map(|(name, value)| format!("{name} {}", short(*value))).collect();
        if each.is_empty() { String::new() } else { format!("; {}", each.join(", ")) }
    }

    fn rules(&self, entry: &Entry) -> FeatureWords {
        let plan = self.facts.plans.get(self.plan);
        let rules = plan.zip(entry.feature).and_then(|(plan, feature)| plan.features.get(feature.index()));
        rules.copied().unwrap_or_default()
    }

    /// Why; a limit with its name.
    fn reason(&self, reason: Reason) -> String {
        match reason {
            Reason::Limit(_) => format!("{} has no room", self.limit(reason)),
            other => plain_reason(other).to_owned(),
        }
    }

    /// The limit of a reason, with its name.
    fn limit(&self, reason: Reason) -> String {
        let name = match reason {
            Reason::Limit(limit) => self.facts.limits.get(usize::from(limit)),
            _ => None,
        };
        name.map_or_else(|| String::from("a limit"), |limit| format!("limit `{limit}`"))
    }

    /// ` (member 2: 38 → 40 of 40 used, 1 reserved, until 2025-01-13T00:00:00Z)`: the meter that an entry is about.
    fn meter(&self, entry: &Entry) -> String {
        let Some(meter) = entry.meter else { return String::new() };
        let per = match meter.owner {
            MeterOwner::Organization => "",
            MeterOwner::Group(_) => "group ",
            MeterOwner::Member(_) => "member ",
            MeterOwner::Project(_) => "project ",
        };
        let owner = meter.owner.name(&self.facts.group_names);
        let owner = owner.map_or_else(String::new, |owner| format!("{per}{owner}: "));
        let (before, after) = meter.used;
        let said = |amount: Credits| self.counted(amount, meter.money);
        let used =
            if before == after { said(after) } else { format!("{} → {}", said(before), said(after)) };
        let of = meter
            .amount
            .map_or_else(|| String::from(" used, no limit"), |most| format!(" of {} used", said(most)));
        let reserved = meter.reserved;
        let reserved =
            if reserved.is_zero() { String::new() } else { format!(", {} reserved", said(reserved)) };
        let until = match meter.until {
            SimTime::MAX => String::new(),
            until => format!(", until {until}"),
        };
        format!(" ({owner}{used}{of}{reserved}{until})")
    }

    /// What a meter counts, money with its currency.
    fn counted(&self, amount: Credits, money: bool) -> String {
        let unit = if money { format!(" {}", self.facts.currency) } else { String::new() };
        metered(amount, money) + &unit
    }

    /// `, priced by `tokens * 3``: the rate of an operation, where cards price its feature.
    fn rate(&self, entry: &Entry) -> String {
        let rates = entry.feature.and_then(|feature| self.facts.rates.get(feature.index()));
        match rates.filter(|rates| !rates.is_empty()) {
            None => String::new(),
            Some(_) if entry.rate == 0 => String::from(", priced by its feature's own cost"),
            Some(rates) => {
                let rate = rates.get(usize::from(entry.rate) - 1).map_or("?", String::as_str);
                format!(", priced by the rate `{rate}`")
            }
        }
    }

    fn plan_name(&self) -> &str {
        self.facts.plans.get(self.plan).map_or("?", |plan| plan.name.as_str())
    }

    fn money(&self, money: Money) -> String {
        format!("{money} {}", self.facts.currency)
    }

    fn told_of_credits(&self, entry: &Entry, group: &[Entry]) -> Option<String> {
        let grant = format!("grant {}", entry.grant);
        let category = entry.category.name();
        let ends = match entry.until {
            SimTime::MAX => String::new(),
            until => format!(", ends {until}"),
        };
        let whom = self.whom(entry);
        let paid = match entry.money {
            Money::ZERO => String::new(),
            money => format!(", {} paid for it", self.money(money)),
        };
        Some(match entry.kind {
            EntryKind::Opened => format!("account opened on plan `{}`", self.plan_name()),
            EntryKind::OpeningUsed => {
                let used = entry.credits;
                format!("{grant}, {category}{whom}, carried in; {used} of it used before{ends}")
            }
            EntryKind::OpeningGrant => format!("{grant}, {category}{whom}, carried in{ends}{paid}"),
            EntryKind::Issue => format!("{grant}, {category}{whom}, issued{ends}{paid}"),
            EntryKind::IssueAllowance => format!("{grant}, allowance of the cycle{whom}{paid}"),
            EntryKind::Land => format!("{grant}, purchase landed{whom}{ends}{paid}"),
            EntryKind::IssueRolloverMinimum => {
                format!("{grant}, issued to make up the rollover's minimum{whom}")
            }
            EntryKind::Expire => format!("{grant}: the rest expires"),
            EntryKind::Unexpire => {
                format!("{grant}: {} that had expired are taken back for a late charge", entry.credits)
            }
            EntryKind::Pooled if whom.is_empty() => {
                format!("{grant}: the {} left are everybody's from here on", entry.credits)
            }
            EntryKind::Pooled => {
                format!("{grant}: the {} left are{whom}, whoever asks, from here on", entry.credits)
            }
            EntryKind::Void => format!("{grant}: voided"),
            EntryKind::Rollover => format!("{grant}: {} roll over", entry.credits),
            EntryKind::Close => String::from("cycle closes"),
            EntryKind::RulesChanged => String::from("the rules change"),
            EntryKind::SeatTaken => format!("member {} takes its seat", entry.grant),
            EntryKind::SeatLeft => format!("member {} leaves its seat", entry.grant),
            EntryKind::PlanChanged => format!("plan changes to `{}`", self.plan_name()),
            EntryKind::Measure => String::from("outcomes count from here"),
            EntryKind::Charge => {
                let why = self.why_charged(entry);
                format!("{} charged, segment {}{why}: {}", self.name(entry), entry.segment + 1, parts(group))
            }
            EntryKind::Refund => {
                format!("{} is given back {}: {}", self.name(entry), entry.credits, parts(group))
            }
            EntryKind::RefundIncurred => {
                format!(
                    "{} will be given back {} once its charges are recorded",
                    self.name(entry),
                    entry.credits
                )
            }
            EntryKind::Repay => {
                let all: Vec<Entry> = std::iter::once(entry).chain(group).copied().collect();
                format!("debt repaid: {}", parts(&all))
            }
            _ => return None,
        })
    }

    /// ` for `chat``, of credits that are not everybody's.
    fn whom(&self, entry: &Entry) -> String {
        let scope = usize::from(entry.scope).checked_sub(1).and_then(|index| self.facts.scopes.get(index));
        let Some(ScopeWords { whom, owner, names }) = scope else { return String::new() };
        match (*owner, names.get(usize::from(entry.owner))) {
            ("", _) => whom.clone(),
            (_, Some(name)) => format!(" of {owner} `{name}`{whom}"),
            (_, None) => format!(" of {owner} {}{whom}", entry.owner),
        }
    }

    fn why_charged(&self, entry: &Entry) -> String {
        match self.rules(entry).charge {
            "" => String::new(),
            charge => format!(" (charge = {charge})"),
        }
    }

    fn told_of_debt_and_money(&self, entry: &Entry) -> Option<String> {
        let (credits, money) = (entry.credits, self.money(entry.money));
        Some(match entry.kind {
            EntryKind::OpeningDebt => format!("debt of {credits} carried in"),
            EntryKind::OpeningSubscription => format!("subscription paid before, {money} not yet earned"),
            EntryKind::DebtForgiven => format!("debt of {credits} forgiven"),
            EntryKind::DebtInvoiced if entry.reason == Reason::Unpriced => {
                format!("debt of {credits} invoiced, for a price that is not known")
            }
            EntryKind::PurchaseOrdered if entry.reason == Reason::Unpriced => {
                format!("{credits} credits bought, for a price that is not known")
            }
            EntryKind::DebtInvoiced => format!("debt of {credits} invoiced for {money}"),
            EntryKind::Fee => format!("fee of {money} for closing in debt"),
            EntryKind::InvoicePaid => format!("invoice of {money} paid"),
            EntryKind::WrittenOff => format!("invoice of {money} written off"),
            EntryKind::Subscription if entry.lot > 0 => {
                format!("subscription of {money} paid, an instalment of grant {}", entry.grant)
            }
            EntryKind::Subscription => format!("subscription of {money} paid"),
            EntryKind::SubscriptionEarned => format!("{money} of the subscription earned without credits"),
            EntryKind::CreditNote => format!("credit note of {money}"),
            EntryKind::CreditOnBill => format!("{money} of it by credit note"),
            EntryKind::PriceOverTime => format!("{money} are earned evenly until {}", entry.until),
            EntryKind::PriceVoided => format!("{money} still to be earned are voided"),
            EntryKind::PaidBack => format!("{money} paid back for grant {}", entry.grant),
            EntryKind::CreditOnInvoice => format!("{money} of the invoice by credit note"),
            EntryKind::PurchaseOrdered => format!("{credits} credits bought for {money}"),
            EntryKind::PaymentDeclined => format!("payment of {money} declined"),
            EntryKind::BudgetBlocked => String::from("purchase not made: it would exceed the budget"),
            EntryKind::TopUpCeiling => {
                String::from("automatic top-up stops for good: it reached its ceiling")
            }
            _ => return None,
        })
    }

    fn told_of_work(&self, entry: &Entry, group: &[Entry]) -> Option<String> {
        let (name, credits) = (self.name(entry), entry.credits);
        let rules = self.rules(entry);
        Some(match entry.kind {
            EntryKind::Demanded => {
                let (member, project) = (self.member(entry.member), entry.project);
                let quantities = self.quantities(entry);
                let starts = if group.is_empty() { "" } else { " and starts" };
                let rate = self.rate(entry);
                format!(
                    "{name} asked for by {member}, project {project}{quantities}; it would cost {credits}{rate}{starts}"
                )
            }
            EntryKind::Start => format!("{name} starts{}", self.rate(entry)),
            EntryKind::Incurred => {
                let segment = entry.segment + 1;
                format!("{name} incurs {credits}, segment {segment}, not yet recorded")
            }
            EntryKind::Absorb => format!("{name}: the vendor absorbs {credits}"),
            EntryKind::Paused if rules.charge == "completion" => {
                format!("{name} pauses for a human (charge = completion: nothing is charged before its end)")
            }
            EntryKind::Paused => format!("{name} pauses for a human"),
            EntryKind::Resumed => format!("{name} goes on after the pause"),
            EntryKind::Served => format!("{name} served; it owed {credits} in all"),
            EntryKind::Substituted => format!("{name} served as another feature; it owed {credits} in all"),
            EntryKind::Failed => {
                format!("{name} failed; it owes {credits} in all (on_failure = {})", rules.on_failure)
            }
            EntryKind::Cancelled => {
                let charged_when = match rules.charge {
                    "segment" => "what it did after its last pause is not charged",
                    "step" => "the step that was cancelled is not charged",
                    "completion" => "what was not completed is not charged",
                    _ => "all was charged at its start",
                };
                let why = match rules.on_cancel {
                    "charge-recorded" => format!("on_cancel = charge-recorded: {charged_when}"),
                    other => format!("on_cancel = {other}"),
                };
                format!("{name} cancelled by its user; it owes {credits} in all ({why})")
            }
            EntryKind::Killed => {
                format!("{name} stopped; it owes {credits} in all (in_flight = {})", rules.in_flight)
            }
            EntryKind::Degraded => {
                format!("{name} served without AI: {}{}", self.reason(entry.reason), self.meter(entry))
            }
            EntryKind::Queued if matches!(entry.reason, Reason::Limit(_)) => {
                format!("{name} waits for room: {}{}", self.reason(entry.reason), self.meter(entry))
            }
            EntryKind::Queued => format!("{name} waits in the queue"),
            EntryKind::Metered => {
                let money = entry.meter.is_some_and(|meter| meter.money);
                let counted = self.counted(entry.credits, money);
                format!("{} counts {counted} of {name}{}", self.limit(entry.reason), self.meter(entry))
            }
            EntryKind::LimitReset => format!("{} begins anew{}", self.limit(entry.reason), self.meter(entry)),
            EntryKind::RaiseAsked => {
                format!(
                    "somebody is asked to raise {} for {name}{}",
                    self.limit(entry.reason),
                    self.meter(entry)
                )
            }
            EntryKind::LimitRaised => {
                format!("{} is raised by {credits}{}", self.limit(entry.reason), self.meter(entry))
            }
            EntryKind::RaiseRefused => {
                format!("{} is not raised{}", self.limit(entry.reason), self.meter(entry))
            }
            EntryKind::Refused => {
                let need = if entry.reason == Reason::Short {
                    format!(", it needs {credits}")
                } else {
                    String::new()
                };
                format!("{name} refused: {}{need}{}", self.reason(entry.reason), self.meter(entry))
            }
            EntryKind::Lost => format!("{name} lost: {}", self.reason(entry.reason)),
            _ => return None,
        })
    }

    fn told_of_alerts(&self, entry: &Entry) -> Option<String> {
        let meter = entry.meter.filter(|_| entry.kind == EntryKind::Alert)?;
        let level = if entry.reason == Reason::Critical { "critical" } else { "warning" };
        Some(format!("alert: {level}, {}{}", self.limit(Reason::Limit(meter.limit)), self.meter(entry)))
    }

    fn told_of_holds(&self, entry: &Entry) -> Option<String> {
        let (name, credits) = (self.name(entry), entry.credits);
        Some(match entry.kind {
            EntryKind::HoldOpen => format!("{name} holds {credits}"),
            EntryKind::HoldExtend => format!("{name} holds {credits} more"),
            EntryKind::HoldSettle => format!("{name} settles its hold of {credits}"),
            EntryKind::HoldRelease => format!("{name} releases its hold of {credits}"),
            EntryKind::HoldExpire => format!("{name}: its hold of {credits} times out and is released"),
            EntryKind::HoldCharged => format!("{name}: its hold of {credits} times out and is charged"),
            EntryKind::HoldUncovered => {
                format!("{credits} held credits end; their holds keep their amounts, uncovered")
            }
            _ => return None,
        })
    }
}

fn told_of_customers(entry: &Entry, name: &str) -> Option<String> {
    Some(match (entry.kind, entry.reason) {
        (EntryKind::Alert, Reason::WouldExceed) => format!("alert: {name} would exceed the balance"),
        (EntryKind::Alert, Reason::Critical) => String::from("alert: critical"),
        (EntryKind::Alert, _) => String::from("alert: warning"),
        (EntryKind::Churned, Reason::Suspended) => {
            String::from("the account is terminated: an invoice is overdue")
        }
        (EntryKind::Suspend, _) => String::from("the account is suspended: an invoice is overdue"),
        (EntryKind::Resume, _) => String::from("what was overdue is paid: the account goes on"),
        (EntryKind::Churned, _) => String::from("the organization leaves"),
        _ => return None,
    })
}

/// `3 of grant 1, 2 of grant 4, 1 became debt`.
fn parts(group: &[Entry]) -> String {
    let part = |entry: &Entry| match entry.kind {
        EntryKind::DebtIncurred => format!("{} became debt", entry.credits),
        EntryKind::RefundBurn => format!("{} to grant {}", entry.credits, entry.grant),
        EntryKind::RefundDebt => format!("{} of debt taken off", entry.credits),
        EntryKind::RefundRepaid => format!("{} to grant {}, which had repaid it", entry.credits, entry.grant),
        EntryKind::RefundInvoiced => format!("{} of invoiced debt, by a credit note", entry.credits),
        EntryKind::RefundForgiven => format!("{} of forgiven debt", entry.credits),
        EntryKind::RefundIssued => format!("{} issued anew, because the grant has ended", entry.credits),
        _ => format!("{} of grant {}", entry.credits, entry.grant),
    };
    let parts: Vec<String> = group.iter().map(part).collect();
    if parts.is_empty() { String::from("nothing") } else { parts.join(", ") }
}

fn plain_reason(reason: Reason) -> &'static str {
    match reason {
        Reason::Limit(_) => "a limit has no room",
        Reason::Short => "credits do not suffice",
        Reason::Concurrency => "too much work in flight",
        Reason::Budget => "credits do not suffice and the budget is spent",
        Reason::Outage => "the vendor is out",
        Reason::Denial => "turned away at random",
        Reason::Suspended => "an invoice is overdue",
        Reason::Refused => "refused, and nobody tries again",
        Reason::Abandoned => "its customer gave up",
        Reason::Patience => "it waited too long",
        Reason::QueueFull => "the queue was full",
        Reason::Churned => "the organization has left",
        Reason::Unpriced => "without a price",
        Reason::None | Reason::Warning | Reason::Critical | Reason::WouldExceed => "no reason was given",
    }
}
