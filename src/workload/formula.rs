//! Cost formulas: `tokens_in * 0.003 + tokens_out * 0.015`, compiled to postfix.
//!
//! Owns the little language: numbers, names, `+ - * /`, comparison (1 or 0), parentheses, and the functions `min`,
//! `max`, `ceil`, `floor`, `round`, `abs`, `sqrt`, `pow`, `log`, `exp` and `if(condition, then, else)`.
//! Leaves what names mean to whoever compiles: a name becomes an index into the values given at evaluation.
//! Our own, because expression crates take values by name, allocate, and call the platform's mathematics: a formula runs for
//! each operation, and its bytes must not depend on the machine.
//! Invariant: a compiled formula never fails and never allocates; division by zero gives what floats give.

use std::fmt;

/// Deepest evaluation stack that a formula may need.
const STACK: usize = 32;
/// Deepest nesting of brackets, calls and signs.
const NESTING: usize = 100;

/// Longest text of a formula: it is evaluated for every operation.
const LONGEST: usize = 16_384;

/// A compiled formula.
#[derive(Debug, Clone, PartialEq)]
pub struct Formula {
    text: String,
    code: Vec<Op>,
    /// Highest index of a value that it reads, plus one.
    values: usize,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Op {
    Number(f64),
    Value(u16),
    Negate,
    Apply1(Function),
    Apply2(Function),
    If,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Function {
    Add,
    Subtract,
    Multiply,
    Divide,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
    NotEqual,
    Min,
    Max,
    Pow,
    Ceil,
    Floor,
    Round,
    Abs,
    Sqrt,
    Log,
    Exp,
}

/// Why a text is no formula.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} at character {}", at + 1)]
pub struct FormulaError {
    /// Byte offset in the text.
    pub at: usize,
    /// What is wrong.
    pub what: String,
    /// A name that is not known, for "did you mean".
    pub unknown: Option<String>,
}

impl fmt::Display for Formula {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl Formula {
    /// Compiles `text`; `names[i]` becomes the i-th value at evaluation.
    pub fn compile<S: AsRef<str>>(text: &str, names: &[S]) -> Result<Formula, FormulaError> {
        if text.len() > LONGEST {
            let what = format!("longer than {LONGEST} characters: {}", text.len());
            return Err(FormulaError { at: LONGEST, what, unknown: None });
        }
        let mut parser = Parser { text, at: 0, code: Vec::new(), depth: 0, deepest: 0, nested: 0, names };
        parser.comparison()?;
        parser.space();
        if parser.at < text.len() {
            return Err(parser.error("expected an operator or the end"));
        }
        if parser.deepest > STACK {
            return Err(parser.error(format!("nested deeper than {STACK} values")));
        }
        let values =
            parser.code.iter().map(|op| if let Op::Value(index) = op { usize::from(*index) + 1 } else { 0 });
        let values = values.max().unwrap_or(0);
        Ok(Formula { text: text.to_owned(), code: parser.code, values })
    }

    /// The names that `text` uses, in order of first use, without repeating any; functions are left out.
    #[must_use]
    pub fn names_in(text: &str) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        // One that is too long is refused when it is compiled.
        let mut rest = if text.len() > LONGEST { "" } else { text };
        while let Some(start) = rest.find(|c: char| c.is_alphanumeric() || c == '_') {
            let word_end =
                |s: &str| s.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.')).unwrap_or(s.len());
            let end = start + word_end(&rest[start..]);
            let word = &rest[start..end];
            let called = rest[end..].trim_start().starts_with('(');
            let is_name = word.starts_with(|c: char| c.is_alphabetic() || c == '_');
            if is_name && !called && !names.iter().any(|name| name == word) {
                names.push(word.to_owned());
            }
            rest = &rest[end..];
        }
        names
    }

    /// Its value if it reads none: a formula without names is the same for every operation.
    #[must_use]
    pub fn constant(&self) -> Option<f64> {
        (self.values == 0).then(|| self.evaluate(&[]))
    }

    /// How many values an evaluation needs.
    #[must_use]
    pub fn values(&self) -> usize {
        self.values
    }

    /// True if it reads the value at `index`.
    #[must_use]
    pub fn reads(&self, index: usize) -> bool {
        self.code.iter().any(|op| matches!(op, Op::Value(value) if usize::from(*value) == index))
    }

    /// `(a, b)` if it is a + b · value for the value at `index`, and reads no other.
    #[must_use]
    pub fn linear_in(&self, index: usize) -> Option<(f64, f64)> {
        let mut stack: Vec<(f64, f64)> = Vec::new();
        for op in &self.code {
            let next = match *op {
                Op::Number(number) => (number, 0.0),
                Op::Value(value) if usize::from(value) == index => (0.0, 1.0),
                Op::Negate => stack.pop().map(|(a, b)| (-a, -b))?,
                Op::Apply2(function) => {
                    let (right, left) = (stack.pop()?, stack.pop()?);
                    match function {
                        Function::Add => (left.0 + right.0, left.1 + right.1),
                        Function::Subtract => (left.0 - right.0, left.1 - right.1),
                        Function::Multiply if right.1 == 0.0 => (left.0 * right.0, left.1 * right.0),
                        Function::Multiply if left.1 == 0.0 => (left.0 * right.0, left.0 * right.1),
                        Function::Divide if right.1 == 0.0 => (left.0 / right.0, left.1 / right.0),
                        _ => return None,
                    }
                }
                Op::Value(_) | Op::Apply1(_) | Op::If => return None,
            };
            stack.push(next);
        }
        stack.pop()
    }

    /// True if it computes the same from the same values, however it is written.
    #[must_use]
    pub fn computes_as(&self, other: &Formula) -> bool {
        self.code == other.code
    }

    /// Evaluates over at least [`Formula::values`] values; missing ones count as 0.
    #[must_use]
    pub fn evaluate(&self, values: &[f64]) -> f64 {
        let mut stack = [0.0; STACK];
        let mut top = 0;
        for op in &self.code {
            match *op {
                Op::Number(number) => {
                    stack[top] = number;
                    top += 1;
                }
                Op::Value(index) => {
                    stack[top] = values.get(usize::from(index)).copied().unwrap_or(0.0);
                    top += 1;
                }
                Op::Negate => stack[top - 1] = -stack[top - 1],
                Op::Apply1(function) => stack[top - 1] = function.apply(stack[top - 1], 0.0),
                Op::Apply2(function) => {
                    top -= 1;
                    stack[top - 1] = function.apply(stack[top - 1], stack[top]);
                }
                Op::If => {
                    top -= 2;
                    stack[top - 1] = if stack[top - 1] != 0.0 { stack[top] } else { stack[top + 1] };
                }
            }
        }
        stack[0]
    }
}

impl Function {
    fn apply(self, a: f64, b: f64) -> f64 {
        let truth = |holds: bool| f64::from(u8::from(holds));
        match self {
            Function::Add => a + b,
            Function::Subtract => a - b,
            Function::Multiply => a * b,
            Function::Divide => a / b,
            Function::Less => truth(a < b),
            Function::LessOrEqual => truth(a <= b),
            Function::Greater => truth(a > b),
            Function::GreaterOrEqual => truth(a >= b),
            Function::Equal => truth(a == b),
            Function::NotEqual => truth(a != b),
            Function::Min => a.min(b),
            Function::Max => a.max(b),
            Function::Pow => libm::pow(a, b),
            Function::Ceil => libm::ceil(a),
            Function::Floor => libm::floor(a),
            Function::Round => libm::floor(a + 0.5),
            Function::Abs => a.abs(),
            Function::Sqrt => libm::sqrt(a),
            Function::Log => libm::log(a),
            Function::Exp => libm::exp(a),
        }
    }

    /// The function of a name, and how many arguments it takes (`usize::MAX`: two or more, folded).
    fn named(name: &str) -> Option<(Function, usize)> {
        Some(match name {
            "min" => (Function::Min, usize::MAX),
            "max" => (Function::Max, usize::MAX),
            "pow" => (Function::Pow, 2),
            "ceil" => (Function::Ceil, 1),
            "floor" => (Function::Floor, 1),
            "round" => (Function::Round, 1),
            "abs" => (Function::Abs, 1),
            "sqrt" => (Function::Sqrt, 1),
            "log" => (Function::Log, 1),
            "exp" => (Function::Exp, 1),
            _ => return None,
        })
    }
}

/// Recursive descent that emits postfix.
struct Parser<'a, S> {
    text: &'a str,
    at: usize,
    code: Vec<Op>,
    depth: usize,
    deepest: usize,
    nested: usize,
    names: &'a [S],
}

const COMPARISONS: [(&str, Function); 6] = [
    ("<=", Function::LessOrEqual),
    (">=", Function::GreaterOrEqual),
    ("==", Function::Equal),
    ("!=", Function::NotEqual),
    ("<", Function::Less),
    (">", Function::Greater),
];

impl<S: AsRef<str>> Parser<'_, S> {
    fn error(&self, what: impl Into<String>) -> FormulaError {
        FormulaError { at: self.at, what: what.into(), unknown: None }
    }

    fn space(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
    }

    fn eat(&mut self, token: &str) -> bool {
        self.space();
        let found = self.text[self.at..].starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    fn push(&mut self, op: Op) {
        match op {
            Op::Number(_) | Op::Value(_) => self.depth += 1,
            Op::Apply2(_) => self.depth -= 1,
            Op::If => self.depth -= 2,
            Op::Negate | Op::Apply1(_) => {}
        }
        self.deepest = self.deepest.max(self.depth);
        self.code.push(op);
    }

    fn comparison(&mut self) -> Result<(), FormulaError> {
        self.sum()?;
        while let Some((_, function)) = COMPARISONS.into_iter().find(|(token, _)| self.eat(token)) {
            self.sum()?;
            self.push(Op::Apply2(function));
        }
        Ok(())
    }

    fn sum(&mut self) -> Result<(), FormulaError> {
        self.product()?;
        loop {
            let function = if self.eat("+") {
                Function::Add
            } else if self.eat("-") {
                Function::Subtract
            } else {
                return Ok(());
            };
            self.product()?;
            self.push(Op::Apply2(function));
        }
    }

    fn product(&mut self) -> Result<(), FormulaError> {
        self.unary()?;
        loop {
            let function = if self.eat("*") || self.eat("×") {
                Function::Multiply
            } else if self.eat("/") {
                Function::Divide
            } else {
                return Ok(());
            };
            self.unary()?;
            self.push(Op::Apply2(function));
        }
    }

    fn unary(&mut self) -> Result<(), FormulaError> {
        // Every level of nesting passes here, so this is where a hostile depth of brackets or signs is refused.
        if self.nested >= NESTING {
            return Err(self.error(format!("nested deeper than {NESTING} levels")));
        }
        self.nested += 1;
        if self.eat("-") {
            self.unary()?;
            self.push(Op::Negate);
        } else {
            self.atom()?;
        }
        self.nested -= 1;
        Ok(())
    }

    fn atom(&mut self) -> Result<(), FormulaError> {
        if self.eat("(") {
            self.comparison()?;
            return if self.eat(")") { Ok(()) } else { Err(self.error("expected `)`")) };
        }
        self.space();
        let rest = &self.text[self.at..];
        let first =
            rest.chars().next().ok_or_else(|| self.error("expected a number or a name, found the end"))?;
        if first.is_ascii_digit() || first == '.' {
            return self.number();
        }
        if !(first.is_alphabetic() || first == '_') {
            return Err(self.error(format!("expected a number or a name, found `{first}`")));
        }
        let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.')).unwrap_or(rest.len());
        let word = &rest[..end];
        let start = self.at;
        self.at += end;
        if self.eat("(") { self.call(word, start) } else { self.name(word, start) }
    }

    fn number(&mut self) -> Result<(), FormulaError> {
        let rest = &self.text[self.at..];
        let mut end = 0;
        let bytes = rest.as_bytes();
        while end < bytes.len() {
            let sign_of_exponent = matches!(bytes[end], b'+' | b'-') && matches!(bytes[end - 1], b'e' | b'E');
            if !(bytes[end].is_ascii_digit()
                || matches!(bytes[end], b'.' | b'_' | b'e' | b'E')
                || sign_of_exponent)
            {
                break;
            }
            end += 1;
        }
        let text = rest[..end].replace('_', "");
        let number = text.parse().map_err(|_| self.error(format!("`{}` is not a number", &rest[..end])))?;
        self.at += end;
        self.push(Op::Number(number));
        Ok(())
    }

    fn name(&mut self, word: &str, start: usize) -> Result<(), FormulaError> {
        let Some(index) = self.names.iter().position(|name| name.as_ref() == word) else {
            let what = format!("unknown name `{word}`");
            return Err(FormulaError { at: start, what, unknown: Some(word.to_owned()) });
        };
        let index = u16::try_from(index).map_err(|_| self.error("too many names"))?;
        self.push(Op::Value(index));
        Ok(())
    }

    fn call(&mut self, word: &str, start: usize) -> Result<(), FormulaError> {
        let function = Function::named(word);
        let mut count = 0;
        loop {
            self.comparison()?;
            count += 1;
            if let Some((function, usize::MAX)) = function
                && count > 1
            {
                self.push(Op::Apply2(function));
            }
            if self.eat(")") {
                break;
            }
            if !self.eat(",") {
                return Err(self.error("expected `,` or `)`"));
            }
        }
        let wrong = |wanted: &str| FormulaError {
            at: start,
            what: format!("`{word}` takes {wanted}, found {count}"),
            unknown: None,
        };
        match function {
            Some((_, usize::MAX)) if count >= 2 => {}
            Some((_, usize::MAX)) => return Err(wrong("two or more arguments")),
            Some((function, 1)) if count == 1 => self.push(Op::Apply1(function)),
            Some((_, 1)) => return Err(wrong("one argument")),
            Some((function, _)) if count == 2 => self.push(Op::Apply2(function)),
            Some(_) => return Err(wrong("two arguments")),
            None if word == "if" && count == 3 => self.push(Op::If),
            None if word == "if" => return Err(wrong("three arguments")),
            None => {
                let what = format!("unknown function `{word}`");
                return Err(FormulaError { at: start, what, unknown: Some(word.to_owned()) });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
