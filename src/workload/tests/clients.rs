//! Reactive clients.

use super::*;

#[test]
fn reactive_clients_are_keyed_by_their_number() {
    let arrivals = Arrivals::ClosedLoop {
        clients: Dist::Fixed(3.0),
        think: Dist::Exponential { mean: 600.0 },
        reactive: true,
        calls: Some(Dist::Fixed(5.0)),
    };
    let source = source(&Demand {
        arrivals,
        ..demand(simple(Amount::Drawn(Dist::Exponential { mean: 4.0 }), drawn(20.0)))
    });
    let (point, traits) = (organization(1), traits());
    let traits = Traits { point, ..traits };
    assert_eq!(source.reactive_clients(&traits), 3);
    assert!(all(&source, point, &traits, 64).is_empty(), "reactive demand comes from no batch");
    let mut batch = Batch::default();
    let mut call = |client, number| source.client_operation(&traits, client, number, None, &mut batch);
    let first: Vec<_> = (0..5).map(|number| call(2, number).expect("a call")).collect();
    assert_eq!(call(2, 3), Some(first[3]), "in any order, as often as asked");
    assert_ne!(call(1, 3), call(2, 3));
    assert_eq!(call(2, 5), None);
}

#[test]
fn reactive_clients_are_met_somewhere_in_their_cycle() {
    // An hour of thought and half an hour of service by turns: 2/3 of a request an hour and client, from the first hour,
    // whatever the law of the service.
    let half =
        |seconds: f64| Dist::discrete(&[(0.2 * seconds, 0.5), (1.8 * seconds, 0.5)]).expect("two values");
    for duration in [drawn(1_800.0), Amount::Drawn(half(1_800.0)), formula("900 + 900 * turn", &[])] {
        let arrivals = Arrivals::ClosedLoop {
            clients: Dist::Fixed(4_000.0),
            think: Dist::Exponential { mean: 3_600.0 },
            reactive: true,
            calls: None,
        };
        let source = source(&Demand { arrivals, ..demand(simple(drawn(1.0), duration)) });
        let traits = Traits { point: organization(1), ..traits() };
        let mut counts = [0.0_f64; 3];
        for (client, first) in (0..).zip(source.first_requests(&traits)) {
            let (mut at, mut number) = (first, 0);
            while at < SimSpan::from_seconds(3 * 3_600) {
                counts[(at.micros() / SimSpan::HOUR.micros()) as usize] += 1.0;
                let mut batch = Batch::default();
                let mut call = |number| source.client_operation(&traits, client, number, None, &mut batch);
                let (_, operation) = call(number).expect("an endless client");
                number += 1;
                at = at + operation.duration + call(number).expect("an endless client").0;
            }
        }
        let wanted = 4_000.0 / 1.5;
        for count in counts {
            // Service makes requests more regular than Poisson.
            assert!((count - wanted).abs() < 4.3 * libm::sqrt(wanted), "{counts:?}, wanted {wanted} each");
        }
    }
}
