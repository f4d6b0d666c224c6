//! A random case: knobs and work.

use proptest::collection::vec;
use proptest::prelude::*;

use super::draw::knob;
use super::knob::Knob;
use super::limits::{MeteredLimit, metered_limit};

/// One piece of demand; hours count from the start.
#[derive(Debug, Clone)]
pub struct Job {
    pub hour: u32,
    /// 0 `other`, 1 `work`, 2 `gift` (free).
    pub feature: u16,
    /// In thirds of a credit, so that sums are not round.
    pub thirds: i64,
    pub hours: u32,
    /// (0 step, 1 helper, 2 review; thirds; hours); none is a simple operation.
    pub parts: Vec<(u8, i64, u32)>,
    /// 0 completes, 1 fails, 2 is cancelled.
    pub fate: u8,
    pub struck: u8,
    pub minutes: u32,
    pub member: u16,
    pub blur: i8,
}

/// What is turned on, and what is asked of it.
#[derive(Debug, Clone)]
pub struct Case {
    pub knobs: Vec<Knob>,
    pub jobs: Vec<Job>,
}

impl Case {
    /// The same without demand of `other`, and without anything that names it.
    pub fn without_other(mut self) -> Case {
        self.jobs.retain(|job| job.feature != 0);
        self.knobs.retain(|knob| match knob {
            Knob::Substitute { .. } | Knob::Outage { .. } => false,
            Knob::Limit(limit) => !limit.falls_back(),
            _ => true,
        });
        for knob in &mut self.knobs {
            if let Knob::Grant(grant) | Knob::PlanGrant(grant) = knob {
                grant.for_everybody();
            }
            if let Knob::Allowance { per, .. } | Knob::OwnPackages(per) = knob {
                *per = 0;
            }
            if let Knob::OwnRules { alerts, rules } = knob {
                (*alerts, *rules) = (0, 0);
            }
        }
        self
    }
}

/// An hour of the horizon; closes, midnights and the first hours more often than others.
pub fn hour() -> impl Strategy<Value = u32> {
    prop_oneof![
        3 => 0..960_u32,
        2 => (0..40_u32).prop_map(|day| day * 24),
        1 => 742..747_u32,
        1 => 0..6_u32,
    ]
}

fn job() -> impl Strategy<Value = Job> {
    let parts = prop_oneof![2 => Just(Vec::new()), 1 => vec((0..3_u8, 0..12_i64, 0..4_u32), 1..5)];
    let fate = (prop_oneof![4 => Just(0_u8), 1 => Just(1), 1 => Just(2)], 0..5_u8, 0..200_u32);
    (hour(), 0..3_u16, 0..30_i64, 0..5_u32, parts, fate, 0..3_u16, -2..3_i8).prop_map(
        |(hour, feature, thirds, hours, parts, (fate, struck, minutes), member, blur)| Job {
            hour,
            feature,
            thirds,
            hours,
            parts,
            fate,
            struck,
            minutes,
            member,
            blur,
        },
    )
}

/// Up to two dozen knobs and eighty operations.
pub fn case() -> impl Strategy<Value = Case> {
    (vec(knob(), 0..25), vec(job(), 0..80)).prop_map(|(knobs, jobs)| Case { knobs, jobs })
}

/// Few knobs and plain work, where the fast path of operations is taken most.
pub fn plain_case() -> impl Strategy<Value = Case> {
    let plain = job().prop_map(|job| Job { parts: Vec::new(), fate: job.fate.saturating_sub(1), ..job });
    (vec(knob(), 0..6), vec(plain, 0..120)).prop_map(|(knobs, jobs)| Case { knobs, jobs })
}

/// Much plain work, small and close together, under few knobs that leave it plain: bulk intervals begin and end often.
pub fn dense_case() -> impl Strategy<Value = Case> {
    let hour = prop_oneof![3 => 0..960_u32, 2 => 0..60_u32, 1 => 740..760_u32];
    let feature = prop_oneof![3 => Just(0_u16), 5 => Just(1), 1 => Just(2)];
    let fate = prop_oneof![38 => Just(0_u8), 1 => Just(1), 1 => Just(2)];
    let work = (hour, feature, 0..9_i64, 0..8_u32, fate, 0..3_u16, -2..3_i8);
    let job = work.prop_map(|(hour, feature, thirds, hours, fate, member, blur)| {
        let parts = Vec::new();
        Job { hour, feature, thirds, hours, parts, fate, struck: 0, minutes: 30, member, blur }
    });
    let limits = prop_oneof![
        2 => vec(metered_limit(), 0..1),
        2 => vec(metered_limit(), 1..4),
        3 => vec(metered_limit().prop_map(MeteredLimit::with_much_room), 1..3),
    ];
    (vec(knob(), 0..9), limits, vec(job, 0..260), any::<bool>()).prop_map(
        |(mut knobs, limits, jobs, long)| {
            knobs.retain(Knob::leaves_work_plain);
            knobs.extend(limits.into_iter().map(Knob::Limit));
            // Without credits nothing goes in bulk.
            if !knobs.iter().any(|knob| matches!(knob, Knob::Allowance { .. } | Knob::Grant(_))) {
                knobs.push(Knob::Allowance {
                    thirds: 200,
                    days: 9,
                    anchor: 0,
                    prorated: false,
                    rolls: None,
                    per: 0,
                });
            }
            // Every other case has many in flight.
            let stretched = |job: Job| Job { hours: if long { job.hours * 30 } else { job.hours }, ..job };
            Case { knobs, jobs: jobs.into_iter().map(stretched).collect() }
        },
    )
}

/// Dense work that is held in amounts known beforehand, with alerts high above what usually remains: bulk intervals walk
/// over holds and keep to single thresholds.
pub fn held_case() -> impl Strategy<Value = Case> {
    let hold = |feature| {
        let timeout = prop_oneof![3 => Just(None), 1 => (8..40_u32).prop_map(Some)];
        (1..3_u8, 0..3_u8, timeout, any::<bool>(), any::<bool>()).prop_map(
            move |(estimate, buffer, timeout, pins, positive)| {
                let (charge, overrun, leak) = (false, 0, 0);
                Knob::Hold { feature, estimate, buffer, timeout, charge, overrun, pins, leak, positive }
            },
        )
    };
    let alert =
        (10..900_i64, any::<bool>(), 0..3_u8, any::<bool>()).prop_map(|(threshold, at, view, critical)| {
            Knob::Alert { threshold, share: false, at, view, critical }
        });
    let held = (hold(0), hold(1), 0..4_u8);
    (dense_case(), held, vec(alert, 0..4), 100..1_500_i64).prop_map(
        |(mut case, (one, other, which), alerts, thirds)| {
            case.knobs.retain(|knob| !matches!(knob, Knob::Hold { .. } | Knob::Check { .. }));
            // One feature alone is held in some cases, so that both kinds come in one interval.
            let held = [one, other].into_iter().take(if which == 0 { 1 } else { 2 });
            case.knobs.extend(held.chain(alerts));
            case.knobs.push(Knob::Allowance {
                thirds,
                days: 9,
                anchor: 0,
                prorated: false,
                rolls: None,
                per: 0,
            });
            case
        },
    )
}
