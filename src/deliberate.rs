//! Errors made on purpose, to measure which checks notice them.
//!
//! Owns the list: each error's name, the file with its one site, and what is wrong with it. A build with the feature
//! `deliberate-errors` makes the one that the environment variable `CREDITSIM_ERROR` names; in any other build
//! [`Deliberate::is_made`] is the constant `false` and nothing of it is left in the program. `tests/errors.py` makes one
//! after the other and writes the table of docs/trust.md. Invariant: one error is made at a time, the same from the
//! start of the program to its end.

/// Declares the errors as `name in "file": class;`, where the class says who could notice: `Account` for what one account does,
/// `Statistics` for what becomes of its counters afterwards.
macro_rules! deliberate_errors {
    ($($(#[doc = $what:literal])+ $variant:ident = $name:literal in $file:literal: $class:ident;)+) => {
        /// An error that a test build makes if it is asked to.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Deliberate {
            $($(#[doc = $what])+ $variant,)+
        }

        impl Deliberate {
            /// All of them.
            pub const ALL: &[Deliberate] = &[$(Deliberate::$variant),+];

            /// How it is asked for.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Deliberate::$variant => $name,)+
                }
            }
        }
    };
}

deliberate_errors! {
    /// Lots are burned in the reverse order.
    BurnOrderReversed = "burn-order-reversed" in "ledger/order.rs": Account;
    /// A burn does not reduce its lot.
    BurnKeepsLot = "burn-keeps-lot" in "ledger/book.rs": Account;
    /// A hold reserves the lots that burn last.
    HoldsReserveLastLots = "holds-reserve-last-lots" in "ledger/hold.rs": Account;
    /// A lot that ends keeps what holds have reserved of it, whether they pin it or not.
    EndedLotsStayUnderHolds = "ended-lots-stay-under-holds" in "ledger/hold.rs": Account;
    /// Half of what rolls over is lost.
    RolloverHalved = "rollover-halved" in "ledger/rollover.rs": Account;
    /// The least that survives a close is not made up.
    RolloverMinimumForgotten = "rollover-minimum-forgotten" in "ledger/rollover.rs": Account;
    /// The cap of all rolled lots trims the newest where it should trim the oldest, and the reverse.
    RolloverTrimsWrongEnd = "rollover-trims-wrong-end" in "ledger/rollover.rs": Account;
    /// Rolled lots live for one close too many.
    RolledLotsLiveOn = "rolled-lots-live-on" in "ledger/rollover.rs": Account;

    /// Credits never repay debt.
    DebtNeverRepaid = "debt-never-repaid" in "organization/account/books/debts.rs": Account;
    /// Debt that purchases alone may repay is repaid by any credits.
    DebtRepaidByAnyCredit = "debt-repaid-by-any-credit" in "organization/account/books/debts.rs": Account;
    /// Invoiced debt costs half its price.
    OverageHalfPrice = "overage-half-price" in "organization/account/books/debts.rs": Account;
    /// A refund undoes the first charges first.
    RefundsUndoFirstCharges = "refunds-undo-first-charges" in "organization/account/books/refunds.rs": Account;
    /// Time in debt is not counted.
    DebtTimeForgotten = "debt-time-forgotten" in "organization/account/books/mod.rs": Account;

    /// The allowance is a tenth too small.
    AllowanceShort = "allowance-short" in "organization/account/conductor/closing.rs": Account;
    /// The fee for a close in debt is not taken.
    FeeForgotten = "fee-forgotten" in "organization/account/conductor/overage.rs": Account;
    /// A first period brings everything, though it should bring a share.
    OpeningNotProrated = "opening-not-prorated" in "organization/account/conductor/closing.rs": Account;
    /// A close that a change of plan forces is a period of rolled lots.
    ForcedCloseIsAPeriod = "forced-close-is-a-period" in "organization/account/conductor/closing.rs": Account;
    /// Grants are not voided.
    VoidsForgotten = "voids-forgotten" in "organization/account/conductor/grants.rs": Account;
    /// Lots end a day early.
    LotsExpireEarly = "lots-expire-early" in "organization/account/conductor/grants.rs": Account;
    /// Lots end a day late.
    LotsExpireLate = "lots-expire-late" in "organization/account/conductor/grants.rs": Account;
    /// A grant that is set anew keeps what was left of it.
    RecurrenceAdds = "recurrence-adds" in "organization/account/conductor/grants.rs": Account;
    /// Closes are counted from the last one, so that a month's end once clamped stays clamped.
    ClosesDrift = "closes-drift" in "organization/account/cycle.rs": Account;
    /// Months of cycles have 30 days, and days 24 hours.
    PeriodsOfFixedLength = "periods-of-fixed-length" in "organization/account/cycle.rs": Account;
    /// Rules that change wait for the next close.
    RulesWaitForClose = "rules-wait-for-close" in "organization/account/conductor/rules.rs": Account;
    /// A change of plan at once waits for the next close.
    PlanChangesWait = "plan-changes-wait" in "organization/account/conductor/plan_change.rs": Account;
    /// What has passed of a period is prorated where what is left of it should be.
    ProrationInverted = "proration-inverted" in "organization/account/conductor/prorate.rs": Account;
    /// A change of plan forgets what has been used of the allowance.
    UsageForgotten = "usage-forgotten" in "organization/account/conductor/prorate.rs": Account;
    /// Credit notes are not given.
    CreditNotesForgotten = "credit-notes-forgotten" in "organization/account/conductor/billing.rs": Account;
    /// Invoices are paid at once.
    InvoicesPaidAtOnce = "invoices-paid-at-once" in "organization/account/conductor/invoicing.rs": Account;
    /// The first allowance of a billing period takes all that was paid for it.
    SubscriptionsEarnedEarly = "subscriptions-earned-early" in "organization/account/money.rs": Account;

    /// Every check passes.
    AdmissionSkipped = "admission-skipped" in "organization/account/gate.rs": Account;
    /// A check wants twice what it needs.
    RefusedThoughEnough = "refused-though-enough" in "organization/account/gate.rs": Account;
    /// No cap keeps operations from starting at once.
    CapIgnored = "cap-ignored" in "organization/account/gate.rs": Account;
    /// Operations start while the vendor is out.
    OutagesIgnored = "outages-ignored" in "organization/account/conductor/attempt.rs": Account;
    /// Holds have no buffer.
    HoldBufferIgnored = "hold-buffer-ignored" in "organization/account/gate.rs": Account;
    /// Who comes last to the queue starts first.
    QueueReversed = "queue-reversed" in "organization/account/gate.rs": Account;
    /// The queue is never full.
    QueueNeverFull = "queue-never-full" in "organization/account/conductor/attempt.rs": Account;
    /// Who waits has twice the patience.
    PatienceDoubled = "patience-doubled" in "organization/account/conductor/attempt.rs": Account;
    /// Holds do not time out.
    HoldsNeverTimeOut = "holds-never-time-out" in "organization/account/conductor/attempt.rs": Account;
    /// Refused operations try once more than they may.
    RetriesOnceMore = "retries-once-more" in "organization/account/conductor/react.rs": Account;
    /// Refused operations try again without their delay.
    RetriesAtOnce = "retries-at-once" in "organization/account/conductor/react.rs": Account;
    /// Organizations may leave after one refusal less.
    ChurnTooEarly = "churn-too-early" in "organization/account/conductor/react.rs": Account;

    /// Every charge is a tenth too high.
    ChargesTenPercentMore = "charges-ten-percent-more" in "organization/account/flight/owed.rs": Account;
    /// Each charge is rounded where the sum of them should be, and the reverse.
    RoundsWrongSum = "rounds-wrong-sum" in "organization/account/flight/owed.rs": Account;
    /// Operations owe no minimum.
    MinimumForgotten = "minimum-forgotten" in "organization/account/flight/owed.rs": Account;
    /// Failed work that should be free is charged for what was done.
    FailedWorkCharged = "failed-work-charged" in "organization/account/flight/owed.rs": Account;
    /// Operations are said to have waited half as long.
    WaitsHalved = "waits-halved" in "organization/account/flight/operation.rs": Account;
    /// What an operation costs beyond its hold is charged, even where the vendor should bear it.
    OverrunCharged = "overrun-charged" in "organization/account/conductor/charging.rs": Account;
    /// Charges are recorded at once.
    MeteringLagIgnored = "metering-lag-ignored" in "organization/account/conductor/charging.rs": Account;
    /// What was charged too much is not given back.
    RefundForgotten = "refund-forgotten" in "organization/account/conductor/refunding.rs": Account;
    /// Work that is killed at the vendor's cost is charged.
    KilledWorkCharged = "killed-work-charged" in "organization/account/conductor/work.rs": Account;
    /// Nothing is killed when credits run out.
    ExhaustedWorkGoesOn = "exhausted-work-goes-on" in "organization/account/conductor/work.rs": Account;

    /// Limits have room for everything.
    LimitsIgnored = "limits-ignored" in "organization/account/meter.rs": Account;
    /// Fixed windows of limits go on while something of them is used.
    LimitWindowsGoOn = "limit-windows-go-on" in "organization/account/meter.rs": Account;
    /// What a rolling window has counted leaves it after half of its span.
    RollingWindowsHalved = "rolling-windows-halved" in "organization/account/meter.rs": Account;
    /// Nothing comes back into buckets.
    BucketsNeverFill = "buckets-never-fill" in "organization/account/meter.rs": Account;
    /// Every use opens another window, not the first alone.
    FirstUseWindowsMove = "first-use-windows-move" in "organization/account/meter.rs": Account;
    /// Limits count nothing of what they hold.
    LimitsCountNothing = "limits-count-nothing" in "organization/account/meters.rs": Account;
    /// What is given back stays counted in limits.
    LimitsKeepRefunds = "limits-keep-refunds" in "organization/account/meters/anew.rs": Account;
    /// Banked resets can be used again and again.
    BankedResetsLast = "banked-resets-last" in "organization/account/meters/anew.rs": Account;
    /// Limits tell nobody what is used.
    LimitsTellNobody = "limits-tell-nobody" in "organization/account/meter_rules.rs": Account;
    /// Every limit of a chain is asked.
    ChainsAskEverybody = "chains-ask-everybody" in "organization/account/meter_rules.rs": Account;
    /// What holds reserve is free room in limits.
    LimitsIgnoreHolds = "limits-ignore-holds" in "organization/account/conductor/limits.rs": Account;
    /// Limits do not begin anew at the instants that are written down.
    ResetsForgotten = "resets-forgotten" in "organization/account/conductor/resets.rs": Account;

    /// Of the cards that apply the first wins.
    FirstCardWins = "first-card-wins" in "policy/rates.rs": Account;
    /// Cards and prices are for everybody, whenever they signed up.
    NewPricesForEverybody = "new-prices-for-everybody" in "policy/rates.rs": Account;
    /// Hours that pass midnight belong to the weekday on which they end.
    NightsOfTheirMorning = "nights-of-their-morning" in "policy/rates.rs": Account;
    /// What waits keeps the price of its arrival.
    PriceOfArrivalKept = "price-of-arrival-kept" in "organization/account/conductor/rates.rs": Account;
    /// Estimates do not go through cards.
    EstimatesByOwnRate = "estimates-by-own-rate" in "organization/account/conductor/attempt.rs": Account;
    /// A subscription is billed at the price of its beginning, whatever the date.
    DatedPricesForgotten = "dated-prices-forgotten" in "organization/account/conductor/billing.rs": Account;

    /// What has expired since a late charge was incurred is not taken back.
    UnexpireForgotten = "unexpire-forgotten" in "ledger/late.rs": Account;
    /// Invoices that were declined are tried again a day late.
    DunningDayLate = "dunning-day-late" in "organization/account/conductor/invoicing.rs": Account;
    /// Payment does not lift a suspension.
    SuspensionsStay = "suspensions-stay" in "organization/account/conductor/invoicing.rs": Account;
    /// Every close forgives debt by its grace, however often it may.
    GraceWithoutEnd = "grace-without-end" in "organization/account/conductor/overage.rs": Account;
    /// Overage waits for the close, however much is owed before it.
    OverageWaitsForClose = "overage-waits-for-close" in "organization/account/conductor/overage.rs": Account;
    /// What is given back is issued anew, though its lot is there.
    RefundsIssuedAnew = "refunds-issued-anew" in "organization/account/books/refunds.rs": Account;
    /// Prices that are earned over time are earned over a month too many.
    EarnedMonthLonger = "earned-month-longer" in "organization/account/conductor/paying_back.rs": Account;
    /// Purchased credits are paid back in full.
    PaidBackInFull = "paid-back-in-full" in "organization/account/conductor/paying_back.rs": Account;

    /// The credits of the widest scope burn first.
    WidestScopeFirst = "widest-scope-first" in "ledger/order.rs": Account;
    /// What is bought for one owner is everybody's.
    BoughtForEverybody = "bought-for-everybody" in "organization/account/conductor/purchase.rs": Account;
    /// All debt is the organization's.
    DebtIsTheOrganizations = "debt-is-the-organizations" in "ledger/scopes.rs": Account;
    /// Unused lots of single owners are not pooled before the close.
    PoolingForgotten = "pooling-forgotten" in "organization/account/conductor/closing.rs": Account;
    /// A cap across all owners' rolled lots caps each owner's.
    AcrossIgnored = "across-ignored" in "ledger/rollover.rs": Account;
    /// A formula over heads counts one member.
    OneMemberCounted = "one-member-counted" in "organization/account/env.rs": Account;

    /// Shares of ceilings of money are rounded up.
    SharesRoundedUp = "shares-rounded-up" in "organization/account/meter_prices.rs": Account;
    /// Charges do not lower the shares of their operation.
    SharesNeverLowered = "shares-never-lowered" in "organization/account/conductor/ceilings.rs": Account;
    /// Limits count what they cover, whatever they should count.
    CountsIgnored = "counts-ignored" in "organization/account/meter_rules.rs": Account;
    /// Limits of money count lots at the price of overage.
    ListPriceIgnored = "list-price-ignored" in "organization/account/meter_rules.rs": Account;
    /// Overage beyond a limit is billed, though the vendor should bear it.
    OverrunBilled = "overrun-billed" in "organization/account/conductor/ceilings.rs": Account;
    /// Lots that ceilings cover repay debt before the close.
    ClosedLotsRepay = "closed-lots-repay" in "organization/account/books/parts.rs": Account;

    /// Alerts do not fire.
    AlertsNeverFire = "alerts-never-fire" in "organization/account/watch.rs": Account;
    /// Alerts fire at every change below their threshold.
    AlertsFireAgain = "alerts-fire-again" in "organization/account/watch.rs": Account;
    /// Time in which a check fails counts twice.
    BlockedTimeDoubled = "blocked-time-doubled" in "organization/account/watch.rs": Account;
    /// What customers give up is not counted as lost.
    AbandonedWorkForgotten = "abandoned-work-forgotten" in "organization/account/counts.rs": Account;
    /// One operation of those in flight is not counted.
    FlightTimeShort = "flight-time-short" in "organization/account/gate.rs": Account;
    /// Refusals for too many in flight are counted as refusals for lack of credits.
    RefusalsMiscounted = "refusals-miscounted" in "organization/account/counts.rs": Account;
    /// What happened in a month is booked in the next.
    MonthsBookedLate = "months-booked-late" in "organization/account/conductor/months.rs": Account;

    /// Top-up rules do not buy.
    TopUpsNeverFire = "top-ups-never-fire" in "organization/account/shop.rs": Account;
    /// Top-up rules buy during their cooldown.
    TopUpsIgnoreCooldown = "top-ups-ignore-cooldown" in "organization/account/shop.rs": Account;
    /// Top-up rules buy beyond their caps.
    TopUpsIgnoreCaps = "top-ups-ignore-caps" in "organization/account/shop.rs": Account;
    /// Top-up rules do not see what is under way.
    TopUpsIgnorePending = "top-ups-ignore-pending" in "organization/account/shop.rs": Account;
    /// A purchase lands twice its credits.
    PurchaseLandsTwice = "purchase-lands-twice" in "organization/account/conductor/purchase.rs": Account;
    /// People buy the smallest package, whatever they need.
    PeopleBuyTheSmallest = "people-buy-the-smallest" in "organization/account/conductor/purchase.rs": Account;
    /// Nobody has to be asked for a purchase.
    AskDelayForgotten = "ask-delay-forgotten" in "organization/account/conductor/purchase.rs": Account;
    /// No purchase is over a budget.
    BudgetIgnored = "budget-ignored" in "organization/account/conductor/purchase.rs": Account;

    /// The fast path lets every operation pass.
    FastPathSkipsCheck = "fast-path-skips-check" in "organization/account/conductor/fast.rs": Account;
    /// The fast path crosses thresholds without a word.
    FastPathCrossesSilently = "fast-path-crosses-silently" in "organization/account/conductor/fast.rs": Account;
    /// Bulk intervals go beyond thresholds.
    BulkIntervalTooLong = "bulk-interval-too-long" in "organization/account/conductor/reach.rs": Account;
    /// Bulk intervals charge a credit too many.
    BulkIntervalChargesMore = "bulk-interval-charges-more" in "organization/account/bulk.rs": Account;
    /// Bulk intervals count time in flight wrongly.
    BulkFlightTimeWrong = "bulk-flight-time-wrong" in "organization/account/gate.rs": Account;

    /// Merged histograms have the counts of both and the sums of one.
    HistogramSumsForgotten = "histogram-sums-forgotten" in "outcome/histogram.rs": Statistics;
    /// A merged histogram lacks the largest values of the other.
    HistogramTailForgotten = "histogram-tail-forgotten" in "outcome/histogram.rs": Statistics;
    /// Quantiles are one rank too low.
    QuantileRankLow = "quantile-rank-low" in "outcome/histogram.rs": Statistics;
    /// Merged totals have the debt of one part.
    MergedDebtForgotten = "merged-debt-forgotten" in "outcome/totals.rs": Statistics;
    /// The most in flight at once is added up over organizations.
    MaximaAdded = "maxima-added" in "outcome/totals.rs": Statistics;
    /// Organizations count twice in the scope of their plan.
    PlansCountedTwice = "plans-counted-twice" in "outcome/merged.rs": Statistics;
    /// The timeline lacks the organizations of all arbiters but one.
    TimelineForgotten = "timeline-forgotten" in "outcome/timeline.rs": Statistics;
    /// The books by month lack the organizations of all arbiters but one.
    MonthBooksForgotten = "month-books-forgotten" in "outcome/month.rs": Statistics;
    /// The lists of largest changes keep the smallest.
    LargestChangesSmallest = "largest-changes-smallest" in "outcome/change.rs": Statistics;

    /// Intervals have the normal distribution's width, however few replications there are.
    HalfWidthNormal = "half-width-normal" in "experiment/student.rs": Statistics;
    /// The spread between replications is divided by their number, not by one less.
    SpreadOverN = "spread-over-n" in "experiment/skew.rs": Statistics;
    /// Intervals do not see skewness.
    SkewIgnored = "skew-ignored" in "experiment/skew.rs": Statistics;
    /// P-values are those of one side.
    OneSidedPValue = "one-sided-p-value" in "experiment/skew.rs": Statistics;
    /// Differences are taken between one replication and the next.
    DifferencesUnpaired = "differences-unpaired" in "experiment/measurements.rs": Statistics;
    /// Means lack the first replication.
    FirstReplicationForgotten = "first-replication-forgotten" in "experiment/measurements.rs": Statistics;
    /// Verdicts do not hold together: each is taken for the only one.
    FamilyIgnored = "family-ignored" in "experiment/family.rs": Statistics;
}

#[cfg(not(feature = "deliberate-errors"))]
impl Deliberate {
    /// Whether this error is made: never, in this build.
    #[inline(always)]
    #[must_use]
    pub const fn is_made(self) -> bool {
        false
    }

    /// The error that is made: none, in this build.
    ///
    /// # Errors
    /// None.
    pub const fn asked_for() -> Result<Option<Deliberate>, String> {
        Ok(None)
    }
}

#[cfg(feature = "deliberate-errors")]
impl Deliberate {
    /// Whether this error is made.
    ///
    /// # Panics
    /// If an error is asked for that is not in the list; `main` has refused that before.
    #[must_use]
    pub fn is_made(self) -> bool {
        static MADE: std::sync::OnceLock<Option<Deliberate>> = std::sync::OnceLock::new();
        *MADE.get_or_init(|| Deliberate::asked_for().unwrap_or_else(|unknown| panic!("{unknown}")))
            == Some(self)
    }

    /// The error that the environment asks for.
    ///
    /// # Errors
    /// A name that is not in the list.
    pub fn asked_for() -> Result<Option<Deliberate>, String> {
        let Some(name) = std::env::var_os("CREDITSIM_ERROR") else { return Ok(None) };
        let found = Deliberate::ALL.iter().find(|error| name.to_str() == Some(error.name()));
        found.copied().map(Some).ok_or_else(|| {
            let known: Vec<&str> = Deliberate::ALL.iter().map(|error| error.name()).collect();
            format!("`CREDITSIM_ERROR` is `{}`; wanted one of: {}", name.display(), known.join(", "))
        })
    }
}
