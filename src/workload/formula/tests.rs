//! What formulas mean, and what is no formula.

use super::*;

fn check(text: &str, wanted: f64) {
    let names = ["units", "steps", "turn"];
    let found = Formula::compile(text, &names).map(|formula| formula.evaluate(&[2.0, 30.0, 5.0]));
    assert_eq!(found, Ok(wanted), "{text}");
}

#[test]
fn formulas_mean_what_they_say() {
    check("1", 1.0);
    check("1 + 2 * 3 - 4 / 2", 5.0);
    check("units * steps / 30", 2.0);
    check("-units - -1", -1.0);
    check("(1 + 2) * 3", 9.0);
    check("min(28 + 0.415e1 * turn, 40, 100)", 40.0);
    check("max(1, ceil(units / 3))", 1.0);
    check("round(2.5) + floor(-0.5) + abs(-3)", 5.0);
    check("if(units > 1, 10, 20)", 10.0);
    check("if(units >= 3, 10, 20) + (units == 2)", 21.0);
    check("pow(units, 3) + sqrt(4) + exp(0) + log(1)", 11.0);
    check("1_000 × 2", 2_000.0);
}

#[test]
fn what_is_linear_in_one_value_says_so() {
    let of = |text: &str| Formula::compile(text, &["units", "cost"]).expect("a formula").linear_in(1);
    assert_eq!(of("cost * 1.5 + 2"), Some((2.0, 1.5)));
    assert_eq!(of("3 - (cost - 1) / 4"), Some((3.25, -0.25)));
    assert_eq!(of("7"), Some((7.0, 0.0)));
    for other in ["cost * cost", "units + cost", "max(cost, 1)", "1 / cost", "if(cost > 1, 1, 2)"] {
        assert_eq!(of(other), None, "{other}");
    }
}

#[test]
fn mistakes_name_their_place() {
    let cases = [
        ("units *", "expected a number or a name, found the end at character 8"),
        ("unit * 2", "unknown name `unit` at character 1"),
        ("2 + foo(1)", "unknown function `foo` at character 5"),
        ("min(1)", "`min` takes two or more arguments, found 1 at character 1"),
        ("(1 + 2", "expected `)` at character 7"),
        ("1 2", "expected an operator or the end at character 3"),
        ("", "expected a number or a name, found the end at character 1"),
        ("2 $ 3", "expected an operator or the end at character 3"),
        ("1.2.3", "`1.2.3` is not a number at character 1"),
    ];
    for (text, wanted) in cases {
        let found = Formula::compile(text, &["units"]).map_err(|error| error.to_string());
        assert_eq!(found.map(|formula| formula.to_string()), Err(wanted.to_owned()), "{text}");
    }
}

#[test]
fn names_are_found_before_compiling() {
    let found = Formula::names_in("min(units, 2e3) * steps / 30 + data.tokens + units");
    assert_eq!(found, ["units", "steps", "data.tokens"]);
}

#[test]
fn hostile_nesting_is_refused() {
    for text in [format!("{}1{}", "(1 + ".repeat(60), ")".repeat(60)), "(".repeat(10_000), "-".repeat(10_000)]
    {
        let found = Formula::compile::<&str>(&text, &[]);
        assert!(found.is_err_and(|error| error.what.contains("nested deeper")));
    }
    let found = Formula::compile::<&str>(&format!("{}1", "1+".repeat(LONGEST)), &[]);
    assert!(found.is_err_and(|error| error.what.contains("longer than 16384 characters")));
}
