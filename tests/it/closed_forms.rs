//! Every closed form through the scenario format, the actors and the accounts, in its short size.

use creditsim::experiment::analytic::{CLOSED_FORMS, Size};

#[test]
fn every_closed_form_is_reproduced() {
    let mut wrong = Vec::new();
    for form in &CLOSED_FORMS {
        let observations =
            form.check(Size::Short).unwrap_or_else(|failure| panic!("{}: {failure}", form.title));
        for seen in observations {
            println!(
                "{:>2} {}: {} expected {:.5} observed {:.5} z {:.2}",
                form.number,
                form.title,
                seen.what,
                seen.expected,
                seen.observed,
                seen.z()
            );
            if !seen.agrees() {
                wrong.push(format!("{} {}: {seen:?}", form.number, form.title));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
