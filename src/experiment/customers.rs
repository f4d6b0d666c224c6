//! Who wins and who loses under each policy, by size of customer, over replications.
//!
//! Owns classes of size and the measures of a class. Leaves one organization's change to `outcome`. A size is the demand
//! under the baseline; a cell of organizations that differ by 3.2 % at most belongs to the class that its middle lies in.

use crate::outcome::{ChangeSample, ChangeSums, LargeChange, LargestList, Outcome, OutcomeRange, RunShape};

use super::Estimate;
use super::measurements::OutcomeColumn;

/// Organizations by rank of their demand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SizeClass {
    /// Everybody.
    All,
    /// The half with the least demand.
    Smallest,
    /// Between that half and the largest tenth.
    Middle,
    /// The tenth with the most demand.
    Largest,
    /// A tenth, from 1 (least demand) to 10.
    Tenth(u8),
}

impl SizeClass {
    /// Every class, in the order of files.
    pub fn all() -> impl Iterator<Item = SizeClass> {
        SizeClass::PRINTED.into_iter().chain((1..=10).map(SizeClass::Tenth))
    }

    /// The classes of printed tables.
    pub const PRINTED: [SizeClass; 4] =
        [SizeClass::All, SizeClass::Smallest, SizeClass::Middle, SizeClass::Largest];

    /// The words used in files and tables.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            SizeClass::All => "all".to_owned(),
            SizeClass::Smallest => "smallest half".to_owned(),
            SizeClass::Middle => "next 40 %".to_owned(),
            SizeClass::Largest => "largest 10 %".to_owned(),
            SizeClass::Tenth(tenth) => format!("tenth {tenth}"),
        }
    }

    /// True if it holds the organization of that rank (0 to 1, by demand).
    fn holds(self, rank: f64) -> bool {
        match self {
            SizeClass::All => true,
            SizeClass::Smallest => rank <= 0.5,
            SizeClass::Middle => rank > 0.5 && rank <= 0.9,
            SizeClass::Largest => rank > 0.9,
            SizeClass::Tenth(tenth) => rank > f64::from(tenth - 1) / 10.0 && rank <= f64::from(tenth) / 10.0,
        }
    }
}

/// Something that is measured of a class.
#[derive(Debug, Clone, Copy)]
pub struct CustomerMeasure {
    /// Its name, units last.
    pub name: &'static str,
    /// Its unit; `¤` stands for the currency.
    unit: &'static str,
    /// From the sums of its class and those of everybody.
    formula: fn(&ChangeSums, &ChangeSums) -> Option<f64>,
}

impl CustomerMeasure {
    /// Its unit with the currency's code.
    #[must_use]
    pub fn unit(&self, currency: Option<&str>) -> String {
        self.unit.replace('¤', currency.unwrap_or(""))
    }

    /// True if it needs a price for everything bought, and so a currency.
    #[must_use]
    pub fn is_money(&self) -> bool {
        self.name.starts_with("bill_")
    }

    /// True if it reads best in per cent.
    #[must_use]
    pub fn is_share(&self) -> bool {
        self.unit == "share"
    }
}

const fn measure(
    name: &'static str,
    unit: &'static str,
    formula: fn(&ChangeSums, &ChangeSums) -> Option<f64>,
) -> CustomerMeasure {
    CustomerMeasure { name, unit, formula }
}

/// Every measure, in the order of files.
pub const CUSTOMER_MEASURES: [CustomerMeasure; 20] = [
    measure("organizations", "organizations", |own, _| count(own.organizations)),
    measure("demand_share", "share", |own, all| ratio(own.demand, all.demand)),
    measure("better_share", "share", |own, _| ratio(own.better, own.organizations)),
    measure("worse_share", "share", |own, _| ratio(own.worse, own.organizations)),
    measure("mixed_share", "share", |own, _| ratio(own.mixed, own.organizations)),
    measure("unchanged_share", "share", |own, _| {
        ratio(own.organizations - own.better - own.worse - own.mixed, own.organizations)
    }),
    measure("bill_higher_organizations", "organizations", |own, _| count(own.bill_higher)),
    measure("bill_lower_organizations", "organizations", |own, _| count(own.bill_lower)),
    measure("refused_more_organizations", "organizations", |own, _| count(own.refused_more)),
    measure("refused_less_organizations", "organizations", |own, _| count(own.refused_less)),
    measure("lost_more_organizations", "organizations", |own, _| count(own.lost_more)),
    measure("lost_less_organizations", "organizations", |own, _| count(own.lost_less)),
    measure("waits_longer_organizations", "organizations", |own, _| count(own.waits_longer)),
    measure("waits_shorter_organizations", "organizations", |own, _| count(own.waits_shorter)),
    measure("bill_change_money", "¤", |own, _| Some(own.bill as f64 / 1e9)),
    measure("bill_change_rate", "share", |own, _| ratio(own.bill, own.bill_before)),
    measure("refused_change_operations", "operations", |own, _| count(own.refused)),
    measure("lost_change_credits", "credits", |own, _| Some(own.lost as f64 / 1e6)),
    measure("lost_change_rate", "share", |own, _| ratio(own.lost, own.lost_before)),
    measure("waited_change_h", "h", |own, _| Some(own.waited as f64 / 3.6e9)),
];

fn count(value: i128) -> Option<f64> {
    Some(value as f64)
}

fn ratio(numerator: i128, denominator: i128) -> Option<f64> {
    (denominator != 0).then(|| numerator as f64 / denominator as f64)
}

/// What all replications have measured of customers.
#[derive(Debug, Clone)]
pub struct CustomerFindings {
    replications: u32,
    /// By policy, then class, then measure.
    columns: Vec<OutcomeColumn>,
    /// By policy, of the first replication, one list each of `LargestList::ALL`.
    largest: Vec<[Vec<LargeChange>; 4]>,
    /// By policy, of the first replication.
    samples: Vec<ChangeSample>,
}

impl CustomerFindings {
    /// Nothing measured yet.
    #[must_use]
    pub fn new(shape: &RunShape) -> Self {
        let policies = shape.policies.len();
        let columns = policies * SizeClass::all().count() * CUSTOMER_MEASURES.len();
        CustomerFindings {
            replications: 0,
            columns: vec![OutcomeColumn::Alike(f64::NAN); columns],
            largest: vec![Default::default(); policies],
            samples: vec![ChangeSample::default(); policies],
        }
    }

    /// Adds a replication, in order.
    pub fn push(&mut self, outcome: &Outcome) {
        let shape = outcome.shape();
        let mut columns = self.columns.iter_mut();
        for policy in 0..shape.policies.len() {
            let changes = outcome.changes(policy);
            let classes = classes(changes.by_size());
            for own in &classes {
                for (measure, column) in CUSTOMER_MEASURES.iter().zip(columns.by_ref()) {
                    let priced = own.unpriced == 0 && shape.currency.is_some();
                    let known = own.organizations > 0 && (priced || !measure.is_money());
                    let value = known.then(|| (measure.formula)(own, &classes[0])).flatten();
                    column.push(value.map_or(f64::NAN, |value| value + 0.0), self.replications);
                }
            }
            if self.replications == 0 {
                self.samples[policy] = changes.sample().clone();
                self.largest[policy] = LargestList::ALL.map(|list| changes.largest(list).to_vec());
            }
        }
        self.replications += 1;
    }

    /// The mean of a measure over replications; `None` if it applies in none.
    #[must_use]
    pub fn estimate(&self, policy: usize, class: SizeClass, measure: &str) -> Option<Estimate> {
        let class = SizeClass::all().position(|known| known == class)?;
        let measure = CUSTOMER_MEASURES.iter().position(|known| known.name == measure)?;
        let classes = SizeClass::all().count();
        let column = self.columns.get((policy * classes + class) * CUSTOMER_MEASURES.len() + measure)?;
        column.estimate(self.replications, OutcomeRange::ANY)
    }

    /// A few organizations of the first replication, picked by a hash; nothing for the baseline.
    #[must_use]
    pub fn sample(&self, policy: usize) -> Option<&ChangeSample> {
        self.samples.get(policy).filter(|sample| sample.organizations() > 0)
    }

    /// A list of the largest changes in the first replication, the largest first.
    #[must_use]
    pub fn largest(&self, policy: usize, list: LargestList) -> &[LargeChange] {
        self.largest.get(policy).map_or(&[], |lists| &lists[list as usize])
    }
}

/// The sums of every class; cells come in order of size.
fn classes<'c>(cells: impl Iterator<Item = &'c ChangeSums> + Clone) -> Vec<ChangeSums> {
    let total: i128 = cells.clone().map(|cell| cell.organizations).sum();
    let mut sums = vec![ChangeSums::default(); SizeClass::all().count()];
    let mut below = 0;
    for cell in cells {
        let rank = (below as f64 + cell.organizations as f64 / 2.0) / total as f64;
        below += cell.organizations;
        for (class, sums) in SizeClass::all().zip(&mut sums) {
            if class.holds(rank) {
                sums.merge(cell);
            }
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::synthetic;

    #[test]
    fn classes_hold_everybody_once_and_add_up() {
        let shape = synthetic::shape(&["block", "overdraft"]);
        let mut found = CustomerFindings::new(&shape);
        (0..3).for_each(|seed| found.push(&synthetic::replication(&shape, seed, 200)));
        let mean = |class, measure| found.estimate(1, class, measure).map_or(0.0, |found| found.mean);
        for measure in ["organizations", "demand_share", "bill_change_money", "lost_less_organizations"] {
            let all = mean(SizeClass::All, measure);
            let printed: f64 = SizeClass::PRINTED[1..].iter().map(|&class| mean(class, measure)).sum();
            let tenths: f64 = (1..=10).map(|tenth| mean(SizeClass::Tenth(tenth), measure)).sum();
            assert!((printed - all).abs() < 1e-6 && (tenths - all).abs() < 1e-6, "{measure}");
        }
        let shares = ["better_share", "worse_share", "mixed_share", "unchanged_share"];
        let sum: f64 = shares.iter().map(|share| mean(SizeClass::All, share)).sum();
        assert!((sum - 1.0).abs() < 1e-12, "{sum}");
        assert!(mean(SizeClass::Largest, "demand_share") > 0.1, "the largest demand most");
        assert!((15.0..25.0).contains(&mean(SizeClass::Largest, "organizations")));
        assert_eq!(found.largest(1, LargestList::BillRises).len(), 10);
        assert!(found.estimate(0, SizeClass::All, "organizations").is_none(), "the baseline changes nothing");
    }
}
