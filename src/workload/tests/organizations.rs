//! How organizations differ: traits of a cohort, and variation of one feature.

use super::*;

#[test]
fn populations_differ_as_they_say() {
    let population = Population {
        name: "teams".to_owned(),
        start: instant("2025-01-01"),
        signed_up: SignUp::Before(SimSpan::from_micros(100 * DAY)),
        lifetime: Some(Dist::Exponential { mean: 50.0 * 86_400.0 }),
        activity: Dist::lognormal(1.0, 1.6).expect("a lognormal"),
        members: Dist::uniform(2.0, 8.0, Some(1.0)).expect("a range"),
        member_skew: 1.0,
        billing: Billing::Share(probability(0.2)),
        features: vec![
            FeatureUse::new("chat", probability(0.5), Dist::Fixed(2.0)),
            FeatureUse::new("image", Probability::ONE, Dist::Fixed(1.0)),
        ],
        ..Population::default()
    };
    let drawn: Vec<Traits> = (0..4_000).map(|number| population.draw(organization(number), number)).collect();
    let mean = |value: &dyn Fn(&Traits) -> f64| drawn.iter().map(value).sum::<f64>() / drawn.len() as f64;
    assert!(
        drawn.iter().all(|traits| traits.signed_up <= population.start && traits.leaves > population.start)
    );
    assert!(drawn.iter().all(|traits| traits.members.iter().any(|member| member.billing)));
    assert!((mean(&|traits| traits.members.len() as f64) - 5.0).abs() < 4.3 * 2.0 / 63.2);
    assert!((mean(&|traits| f64::from(u8::from(traits.enabled[0]))) - 0.5).abs() < 4.3 * 0.5 / 63.2);
    assert!((mean(&|traits| traits.activity) - 1.0).abs() < 4.3 * 1.6 / 63.2);
    assert_eq!((drawn[0].factors.as_slice(), drawn[0].enabled[1]), ([2.0, 1.0].as_slice(), true));
    let shares: Vec<f64> = drawn[0].members.iter().map(|member| member.cumulative_share).collect();
    assert!(shares[0] > 1.0 / shares.len() as f64 && shares[shares.len() - 1] == 1.0);
    // Adding a feature, or taking one away, changes no other trait.
    let fewer = Population { features: population.features[1..].to_vec(), ..population.clone() };
    let again = fewer.draw(organization(9), 9);
    assert_eq!((again.activity, again.signed_up, again.members.len()), {
        (drawn[9].activity, drawn[9].signed_up, drawn[9].members.len())
    });
    assert_eq!(again.enabled, drawn[9].enabled[1..]);
}

#[test]
fn sign_ups_come_at_their_rate_and_lives_end() {
    // 4,000 organizations over a hundred days; each lives for an exponential of mean 50 days.
    let population = Population {
        start: instant("2025-01-01"),
        signed_up: SignUp::During(SimSpan::from_micros(100 * DAY)),
        lifetime: Some(Dist::Exponential { mean: 50.0 * 86_400.0 }),
        ..Population::default()
    };
    let source = source(&demand(simple(drawn(1.0), drawn(0.0))));
    let mut per_decade = [0.0_f64; 10];
    let (mut alive, mut seen) = (0.0, 0);
    for number in 0..4_000 {
        let traits = Traits { activity: 1.0, ..population.draw(organization(number), number) };
        let day = (traits.signed_up - population.start).micros() as f64 / DAY as f64;
        per_decade[(day / 10.0) as usize] += 1.0;
        alive += f64::from(u8::from(traits.leaves > population.start + SimSpan::from_micros(100 * DAY)));
        if number < 40 {
            let found = all(&source, organization(number), &traits, 64);
            assert!(found.iter().all(|(one, _)| one.at >= traits.signed_up && one.at < traits.leaves));
            seen += found.len();
        }
    }
    assert!(seen > 10_000, "{seen}");
    let sd = libm::sqrt(4_000.0 * 0.1 * 0.9);
    assert!(per_decade.iter().all(|count| (count - 400.0).abs() < 4.3 * sd), "{per_decade:?}");
    // Alive at the end: ∫ e^(−u/50) du / 100 over 100 days = 0.4323.
    let sd = libm::sqrt(0.4323 * 0.5677 / 4_000.0);
    assert!((alive / 4_000.0 - 0.4323).abs() < 4.3 * sd, "{}", alive / 4_000.0);
}

#[test]
fn activity_cv_phase_and_stretch_vary_by_organization() {
    // All work between nine and ten; one organization in three has it two hours earlier, one three hours later.
    let mut day = [0.0; 24];
    day[9] = 1.0;
    let two = |a: f64, b: f64| Dist::discrete(&[(a, 0.5), (b, 0.5)]).expect("two values");
    let varied = Demand {
        arrivals: Arrivals::Gamma { rate: 10.0 / 3_600.0, cv: 1.0 },
        profile: Profile::of_day_and_week(&day, &[1.0; 7]),
        variation: Variation {
            activity: two(1.0, 4.0),
            cv: Some(two(0.3, 2.0)),
            phase: Dist::discrete(&[(-2.0, 1.0), (0.0, 1.0), (3.0, 1.0)]).expect("three values"),
            stretch: None,
        },
        ..demand(simple(drawn(1.0), drawn(0.0)))
    };
    let population = [Population::default()];
    let source = source_of("chat", &varied, &population);
    let mut kinds = std::collections::BTreeMap::new();
    for number in 0..121 {
        let found = all(&source, organization(number), &traits(), 256);
        let since = |operation: &Operation| operation.at.micros() - instant("2025-01-01").micros();
        let hour = since(&found[0].0) / (DAY / 24) % 24;
        assert!(found.iter().all(|(one, _)| since(one) / (DAY / 24) % 24 == hour), "one hour a day");
        // Counts of a hundred days: 240 or 960 a day; their dispersion is cv² in the limit.
        let mut days = [0.0; 100];
        found.iter().for_each(|(one, _)| days[(since(one) / DAY) as usize] += 1.0);
        let mean = days.iter().sum::<f64>() / 100.0;
        let dispersion = days.iter().map(|day| (day - mean) * (day - mean)).sum::<f64>() / 100.0 / mean;
        let (busy, bursty) = (mean > 480.0, dispersion > 1.0);
        let wanted = if bursty { 4.0 } else { 0.09 };
        assert!((0.4..2.2).contains(&(dispersion / wanted)), "dispersion {dispersion}");
        assert!((mean / if busy { 960.0 } else { 240.0 } - 1.0).abs() < 0.06, "{mean} a day");
        *kinds.entry((hour, busy, bursty)).or_insert(0.0) += 1.0;
    }
    // Twelve kinds alike: ten each of 121, independent of one another.
    assert_eq!(kinds.len(), 12, "{kinds:?}");
    let chi2: f64 = kinds
        .values()
        .map(|count: &f64| (count - 121.0 / 12.0) * (count - 121.0 / 12.0) * 12.0 / 121.0)
        .sum();
    assert!(chi2 < 40.0, "χ² of 11 degrees is {chi2}");
}

#[test]
fn stretch_sharpens_a_profile_and_keeps_its_mean() {
    let stretched = Demand {
        profile: Profile::named("api"),
        variation: Variation { stretch: Some(Dist::Fixed(3.0)), ..Variation::default() },
        ..demand(simple(drawn(1.0), drawn(0.0)))
    };
    let source = source_of("chat", &stretched, &[Population::default()]);
    let found: Vec<_> =
        (0..8).flat_map(|number| all(&source, organization(number), &traits(), 256)).collect();
    // A hundred days are no whole weeks: 2025-01-01 is a Wednesday, so two weekdays come once more than the others.
    let weeks: Vec<_> = found.iter().filter(|(one, _)| one.at < instant("2025-04-09")).collect();
    let wanted = 8.0 * 98.0 * 240.0;
    assert!((weeks.len() as f64 - wanted).abs() < 4.3 * libm::sqrt(wanted), "{} of {wanted}", weeks.len());
    let at_four = weeks.iter().filter(|(one, _)| one.at.micros() / (DAY / 24) % 24 == 16).count() as f64;
    let weights = Profile::named("api").map(|profile| profile.personal(0.0, 3.0)).expect("it is shipped");
    let wanted: f64 = (0..7).map(|day| weights.weights()[24 * day + 16]).sum::<f64>() * 14.0 * 8.0 * 10.0;
    assert!((at_four - wanted).abs() < 4.3 * libm::sqrt(wanted), "{at_four} at four, wanted {wanted}");
}

#[test]
fn members_and_projects_ask_by_their_shares() {
    // Zipf of exponent 1 over four members: 12/25, 6/25, 4/25, 3/25. Three projects alike.
    let population = Population {
        members: Dist::Fixed(4.0),
        member_skew: 1.0,
        projects: Dist::Fixed(3.0),
        ..Population::default()
    };
    let source = source(&demand(simple(drawn(1.0), drawn(0.0))));
    let traits = Traits { leaves: SimTime::MAX, ..population.draw(organization(1), 1) };
    let found = all(&source, organization(1), &traits, 64);
    let n = found.len() as f64;
    let check = |shares: &[f64], of: &dyn Fn(&Operation) -> u16| {
        for (index, share) in shares.iter().enumerate() {
            let count = found.iter().filter(|(one, _)| usize::from(of(one)) == index).count() as f64;
            let sd = libm::sqrt(n * share * (1.0 - share));
            assert!((count - n * share).abs() < 4.3 * sd, "{index}: {count} of {n}, wanted {share}");
        }
    };
    check(&[0.48, 0.24, 0.16, 0.12], &|one| one.member);
    check(&[1.0 / 3.0; 3], &|one| one.project);
}
