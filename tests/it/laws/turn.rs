//! What each knob does to the terms of a plan, to a policy, to its customers, to an organization.

use creditsim::calendar::{CalendarUnit, MonthEnd, Period};
use creditsim::policy::{
    Admission, AfterPurchase, Alert, AlertLevel, AlertThreshold, Allowance, BilledTo, Boundary, Budget,
    Buyer, CapLimit, ChargeMoment, Churn, Compare, Convert, CreditScope, Customers, CycleOnChange, CycleRule,
    DebtAtCycle, DunningStep, Effective, Grace, HoldNeed, HoldTerms, InFlight, Invoices, KilledWork,
    LotOwner, LotsOnLeave, OnCancel, OnFailure, OnTimeout, Opening, Overdraft, Overrun, PackageChoice,
    PlanChange, PlanChangeTime, Prorate, Recognition, Reevaluation, RefundOn, Repay, Retry, Rollover,
    RoundMode, Rounding, RuleChange, SeatTerms, Subscription, Substitute, Terms, TopUpAmount, TopUpCap,
    TopUpRule, TopUpThreshold, UsageOnChange,
};
use creditsim::units::{Category, Credits, FeatureIndex, Probability, SimTime};

use super::knob::{
    Knob, START, anchor, at, burn_key, estimator, hours, money, of, quarters, reaction, seconds, thirds, view,
};
use super::lots::{Rolls, owner};

impl Knob {
    /// False for what makes every operation one that has to be followed step by step.
    pub fn leaves_work_plain(&self) -> bool {
        use Knob::{
            Cap, Charge, Denial, FeatureCap, InFlight, Lag, Minimum, PlanChange, Rates, Rounding, RuleChange,
            WouldExceed,
        };
        !matches!(
            self,
            Cap { .. }
                | Charge { .. }
                | Denial { .. }
                | FeatureCap { .. }
                | InFlight { .. }
                | Lag { .. }
                | Rates(_)
                | Minimum { .. }
                | PlanChange { .. }
                | Rounding { .. }
                | RuleChange { .. }
                | WouldExceed
        )
    }

    /// Turns the knob in the terms of a plan, if it is one of a plan's.
    pub fn turn_terms(&self, terms: &mut Terms) {
        match self {
            Knob::Allowance { thirds: credits, days, anchor: start, prorated, rolls, per } => {
                terms.cycle = CycleRule {
                    every: Period::Days(*days),
                    anchor: anchor(*start),
                    opening: if *prorated { Opening::Prorated } else { Opening::Full },
                    written: true,
                };
                terms.allowance = Some(Allowance {
                    credits: thirds(*credits),
                    by_heads: None,
                    // Drawn otherwise, so that cases that were kept stay what they are.
                    pool_before_close: (*per > 0 && *prorated).then(|| hours(days * 6)),
                    rollover: rolls.as_ref().map_or_else(Rollover::nothing, Rolls::terms),
                    priority: 0,
                    category: Category::Included,
                    scope: CreditScope { per: owner(*per), ..CreditScope::default() },
                });
            }
            Knob::Seats { at_once, on_leave, .. } => {
                let on_leave =
                    [LotsOnLeave::Expire, LotsOnLeave::Pool, LotsOnLeave::Keep][usize::from(*on_leave)];
                terms.seats = SeatTerms { at_once: *at_once, on_leave };
            }
            Knob::Subscription { cents, days } => {
                terms.subscription = Some(Subscription::at_one_price(money(*cents), Period::Days(*days)));
            }
            Knob::Cycle { days } => terms.cycle.every = Period::Days(*days),
            Knob::PlanGrant(given) => terms.grants.push(given.spec()),
            Knob::BurnOrder(keys) => terms.burn_order = keys.iter().map(|key| burn_key(*key)).collect(),
            Knob::Inclusive => terms.expiry_boundary = Boundary::Inclusive,
            Knob::Overflow => terms.month_end = MonthEnd::Overflow,
            Knob::Rounding { micros, mode, per_charge } => {
                let mode = [RoundMode::Up, RoundMode::Nearest, RoundMode::Down][usize::from(*mode)];
                let unit = Credits::from_micros(*micros);
                terms.rounding = Some(Rounding { unit, mode, per_charge: *per_charge });
            }
            Knob::Cap { most, reaction: word } => {
                terms.max_in_flight = Some(*most);
                terms.at_max_in_flight = reaction(*word);
            }
            Knob::Overdraft { limit, repay, at_cycle, cents, fee, ahead, grace } => {
                terms.overdraft = Overdraft {
                    limit: limit.map(thirds),
                    adopted: Probability::ONE,
                    repay: [Repay::AnyCredit, Repay::Purchase, Repay::Never][usize::from(*repay)],
                    at_cycle: [DebtAtCycle::Carry, DebtAtCycle::Forgive, DebtAtCycle::Invoice]
                        [usize::from(*at_cycle)],
                    price_per_credit: cents.map(money),
                    fee: money(*fee),
                    invoice_at: ahead.filter(|_| *at_cycle == 2 && cents.is_some()).map(money),
                    grace: grace.map(|(quarters, times)| Grace {
                        share: f64::from(quarters) / 4.0,
                        times,
                        per: CalendarUnit::Week,
                    }),
                };
            }
            Knob::Patience { hours, queue } => {
                terms.patience = seconds(*hours);
                terms.queue_max = *queue;
            }
            Knob::Lag { hours, grace } => {
                terms.metering_lag = seconds(*hours);
                terms.billed_to =
                    grace.map_or(BilledTo::Recorded, |grace| BilledTo::Incurred(self::hours(grace)));
            }
            Knob::Resume { hours } => terms.resume = seconds(*hours),
            Knob::WouldExceed => terms.alert_would_exceed = true,
            Knob::Invoices { hours, declined, write_off, dunning, overdue } => {
                terms.invoices = Invoices {
                    auto_pay: false,
                    delay: seconds(*hours),
                    declined: quarters(*declined),
                    write_off_after: write_off.map(self::hours),
                    dunning: dunning.map_or_else(Vec::new, |(first, second)| {
                        let step = |days: u32, paid: u8| DunningStep {
                            after: self::hours(24 * days),
                            paid: self::quarters(paid),
                        };
                        vec![step(3, first), step(9, second)]
                    }),
                    suspend_after: overdue.0.map(|days| self::hours(24 * days)),
                    terminate_after: overdue.1.map(|days| self::hours(24 * days)),
                };
            }
            Knob::RefundOn { downgrade, leave } => {
                terms.refund_on =
                    RefundOn { downgrade: downgrade.map(self::quarters), leave: leave.map(self::quarters) };
            }
            Knob::OwnPackages(per) => {
                terms.packages.iter_mut().for_each(|package| package.scope.per = owner(*per));
            }
            Knob::OwnRules { alerts, rules } => {
                terms.alerts.iter_mut().for_each(|alert| alert.per = owner(*alerts));
                terms.top_ups.iter_mut().for_each(|rule| rule.per = owner(*rules));
            }
            Knob::Ratable => terms.recognition = Recognition::Ratable,
            Knob::DebtCounts(counts) => terms.debt_counts = *counts,
            Knob::Alert { threshold, share, at, view: word, critical } => terms.alerts.push(Alert {
                threshold: match share {
                    true => AlertThreshold::ShareOfIssued(threshold.unsigned_abs() as f64 / 40.0),
                    false => AlertThreshold::Credits(thirds(*threshold)),
                },
                compare: if *at { Compare::AtOrBelow } else { Compare::Below },
                view: view(*word),
                per: LotOwner::Organization,
                level: if *critical { AlertLevel::Critical } else { AlertLevel::Warning },
            }),
            Knob::TopUp { .. } => terms.top_ups.push(self.top_up()),
            Knob::Limit(limit) => limit.turn(terms),
            Knob::Rates(card) => card.turn(terms),
            Knob::Resets(resets) => resets.turn(terms),
            _ => self.turn_feature(terms),
        }
    }

    fn turn_feature(&self, terms: &mut Terms) {
        match *self {
            Knob::Check { feature, kind, estimate, view: word } => {
                let feature = of(terms, feature);
                feature.view = view(word);
                feature.admission = match kind {
                    0 => Admission::None,
                    1 => Admission::Positive,
                    _ => Admission::Estimate(estimator(estimate)),
                };
            }
            Knob::Hold { feature, estimate, buffer, timeout, charge, overrun, pins, leak, positive } => {
                of(terms, feature).admission = Admission::Hold(HoldTerms {
                    estimate: estimator(estimate),
                    buffer: f64::from(buffer) * 0.25,
                    need: if positive { HoldNeed::Positive } else { HoldNeed::Whole },
                    timeout: timeout.map(hours),
                    on_timeout: if charge { OnTimeout::Charge } else { OnTimeout::Release },
                    overrun: [Overrun::Charge, Overrun::Absorb, Overrun::Stop, Overrun::Extend]
                        [usize::from(overrun)],
                    pins_expiry: pins,
                    leak: quarters(leak),
                });
            }
            Knob::Charge { feature, moment } => {
                use ChargeMoment::{Completion, Segment, Start, Step};
                of(terms, feature).charge = [Start, Step, Segment, Completion][usize::from(moment)];
            }
            Knob::Short { feature, short, beyond } => {
                let feature = of(terms, feature);
                feature.short = reaction(short);
                feature.beyond_limit = reaction(beyond);
            }
            Knob::InFlight { feature, kind, absorb } => {
                let who = if absorb { KilledWork::Absorb } else { KilledWork::Charge };
                of(terms, feature).in_flight =
                    [InFlight::Finish, InFlight::StopAtStep(who), InFlight::Kill(who)][usize::from(kind)];
            }
            Knob::Ends { feature, cancel, failure } => {
                let feature = of(terms, feature);
                feature.on_cancel =
                    [OnCancel::ChargeRecorded, OnCancel::ChargeAll, OnCancel::Free][usize::from(cancel)];
                feature.on_failure =
                    [OnFailure::ChargeFinished, OnFailure::ChargeAll, OnFailure::Free][usize::from(failure)];
            }
            Knob::Minimum { feature, thirds: least, on_failure, on_cancel } => {
                let feature = of(terms, feature);
                feature.minimum = thirds(least);
                feature.minimum_on_failure = on_failure;
                feature.minimum_on_cancel = on_cancel;
            }
            Knob::FeatureCap { feature, most } => of(terms, feature).max_in_flight = Some(most),
            Knob::Denial { feature, quarters: share } => of(terms, feature).denial = quarters(share),
            Knob::Silent { feature } => of(terms, feature).notify = false,
            _ => {}
        }
    }

    fn top_up(&self) -> TopUpRule {
        let Knob::TopUp {
            threshold,
            at,
            view: word,
            amount,
            package,
            pending,
            cooldown,
            cap,
            delay,
            declined,
            backoff,
            disable,
            looks,
            ceiling,
            crossing,
            share,
        } = *self
        else {
            unreachable!("asked of top-ups only")
        };
        let package = usize::from(package % 2);
        let count = |most: u32, per: CalendarUnit| TopUpCap {
            limit: CapLimit::Count(most),
            per,
            each: LotOwner::Organization,
        };
        let caps = match cap {
            0 => vec![count(2, CalendarUnit::Day)],
            1 => vec![TopUpCap {
                limit: CapLimit::Money(money(150)),
                per: CalendarUnit::Week,
                each: LotOwner::Member,
            }],
            2 => vec![count(1, CalendarUnit::Hour), count(5, CalendarUnit::Month)],
            _ => Vec::new(),
        };
        TopUpRule {
            threshold: match share {
                true => TopUpThreshold::ShareOfAllowance(threshold.unsigned_abs() as f64 / 60.0),
                false => TopUpThreshold::Credits(thirds(threshold)),
            },
            compare: if at { Compare::AtOrBelow } else { Compare::Below },
            view: view(word),
            per: LotOwner::Organization,
            amount: match amount {
                0 => TopUpAmount::Package(package),
                1 => TopUpAmount::MultipleUntilAbove(package),
                _ => TopUpAmount::UpTo { target: thirds(threshold + 20), package },
            },
            count_pending: pending,
            cooldown: hours(cooldown),
            caps,
            processing: seconds(delay),
            declined: quarters(declined),
            backoff: hours(backoff),
            disable_after: disable,
            adopted: Probability::ONE,
            crossing,
            looks: [Reevaluation::Always, Reevaluation::OnChange, Reevaluation::OnCheck][usize::from(looks)],
            ceiling,
        }
    }

    /// Turns the knob in what the policy meets.
    pub fn turn_customers(&self, customers: &mut Customers) {
        match self {
            Knob::Grant(given) => customers.grants.push(given.spec()),
            Knob::Closes(closes) => {
                let mut closes: Vec<SimTime> = closes.iter().map(|hour| at(i64::from(*hour))).collect();
                closes.sort_unstable();
                closes.dedup();
                customers.cycle_closes = Some(closes);
            }
            Knob::DebtAtStart(debt) => customers.debt_at_start = thirds(*debt),
            Knob::Buyer {
                refusal,
                warning,
                zero,
                wait,
                degraded,
                again,
                days,
                human,
                choice,
                processing,
                declined,
                drop,
            } => {
                customers.buyer = Some(Buyer {
                    on_refusal: quarters(*refusal),
                    on_warning: quarters(*warning),
                    on_zero: quarters(*zero),
                    on_wait: quarters(*wait),
                    on_degraded: quarters(*degraded),
                    while_short: again.map(self::hours),
                    every: days.map(|days| hours(days * 24)),
                    human_delay: seconds(*human),
                    ask_delay: seconds(1),
                    choice: match choice {
                        0 => PackageChoice::SmallestThatCovers,
                        1 => PackageChoice::CheapestPerCredit,
                        2 => PackageChoice::Fixed("large".to_owned()),
                        _ => PackageChoice::Weighted(vec![
                            ("small".to_owned(), 1.0),
                            ("large".to_owned(), 2.0),
                        ]),
                    },
                    processing: seconds(*processing),
                    declined: quarters(*declined),
                    after_purchase: if *drop { AfterPurchase::Drop } else { AfterPurchase::Resume },
                });
            }
            Knob::Retry { quarters: share, hours, attempts } => {
                customers.reactions.retry = Some(Retry {
                    probability: quarters(*share),
                    delay: seconds(*hours),
                    attempts: *attempts,
                });
            }
            Knob::Wait { quarters: share } => customers.reactions.wait = quarters(*share),
            Knob::Substitute { quarters: share } => {
                let pairs = vec![(FeatureIndex(1), FeatureIndex(0)), (FeatureIndex(0), FeatureIndex(2))];
                customers.reactions.substitute = Some(Substitute { probability: quarters(*share), pairs });
            }
            Knob::Churn { refusals, hours, quarters: share } => {
                customers.churn = Some(Churn {
                    refusals: *refusals,
                    within: self::hours(*hours),
                    probability: quarters(*share),
                });
            }
            Knob::Budget { cents, unit } => {
                use CalendarUnit::{Day, Hour, Month, Week, Year};
                let per = [Hour, Day, Week, Month, Year][usize::from(*unit)];
                customers.budget = Some(Budget { money: money(*cents), per });
            }
            _ => {}
        }
    }

    /// The change to the second plan.
    pub fn rule_change(&self) -> Option<RuleChange> {
        let Knob::RuleChange { hour, whom } = *self else { return None };
        Some(RuleChange {
            at: at(i64::from(hour)),
            signed_up_before: (whom == 1).then_some(START),
            signed_up_from: (whom == 2).then_some(START),
        })
    }

    pub fn plan_change(&self) -> Option<PlanChange> {
        let Knob::PlanChange { hour, how, back, reset, convert } = *self else { return None };
        let prorate = match how {
            2 | 4 => Prorate::Price,
            5 => Prorate::Credits,
            6 => Prorate::Both,
            7 => Prorate::Full,
            _ => Prorate::None,
        };
        Some(PlanChange {
            when: PlanChangeTime::At(at(i64::from(hour))),
            from: None,
            to: usize::from(!back),
            share: Probability::ONE,
            effective: if how > 0 { Effective::Now } else { Effective::NextCycle },
            cycle: if how > 2 { CycleOnChange::Keep } else { CycleOnChange::Restart },
            prorate,
            usage: if reset { UsageOnChange::Reset } else { UsageOnChange::Carry },
            convert: convert.map(|(thirds, days)| Convert {
                billionths: thirds * 333_333_333,
                expires_after: days.map(Period::Days),
            }),
        })
    }
}
