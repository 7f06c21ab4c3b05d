//! Expected values: "*" stands for anything, "$name" for a value that is bound at first sight.

use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// What the names stand for.
#[derive(Default)]
pub(crate) struct Bindings(BTreeMap<String, Value>);

impl Bindings {
    /// Whether `actual` is what was expected; binds new names.
    pub(crate) fn matches(&mut self, expected: &Value, actual: &Value) -> bool {
        match (expected, actual) {
            (Value::String(any), _) if any == "*" => true,
            (Value::String(name), _) if name.starts_with('$') => {
                let bound = self.0.entry(name.clone()).or_insert_with(|| actual.clone());
                bound == actual
            }
            (Value::Object(expected), Value::Object(actual)) => {
                expected.len() == actual.len()
                    && expected.iter().all(|(key, value)| {
                        actual
                            .get(key)
                            .is_some_and(|found| self.matches(value, found))
                    })
            }
            (Value::Array(expected), Value::Array(actual)) => {
                expected.len() == actual.len()
                    && expected
                        .iter()
                        .zip(actual)
                        .all(|(one, other)| self.matches(one, other))
            }
            _ => expected == actual,
        }
    }

    /// Puts the bound values in place of their names.
    pub(crate) fn fill(&self, value: &Value) -> Value {
        match value {
            Value::String(name) if name.starts_with('$') => self
                .0
                .get(name)
                .unwrap_or_else(|| panic!("{name} is not bound yet"))
                .clone(),
            Value::Array(items) => items.iter().map(|item| self.fill(item)).collect(),
            Value::Object(members) => {
                let filled = members
                    .iter()
                    .map(|(key, value)| (key.clone(), self.fill(value)));
                Value::Object(filled.collect::<Map<_, _>>())
            }
            other => other.clone(),
        }
    }
}
