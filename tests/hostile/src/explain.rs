//! What all faults do, for people: as text for a terminal, and as the table of the README.

use crate::fault::FAMILIES;

/// All faults and their help, as `--list` prints them.
#[must_use]
pub fn explain() -> String {
    let mut text = String::new();
    for family in FAMILIES {
        text.push_str(&format!(
            "{}; each takes {}\n",
            family.title,
            family.narrows.expected()
        ));
        for kind in family.kinds {
            text.push_str(&format!("\n  {}\n", kind.usage()));
            if !kind.default.is_empty() {
                text.push_str(&format!("      default {}\n", kind.default));
            }
            text.push_str(&format!("      {}\n", kind.help));
        }
        text.push('\n');
    }
    text
}

/// The same as a table in Markdown.
#[must_use]
pub fn table() -> String {
    let mut text = String::from("| fault | default | what it does |\n|---|---|---|\n");
    for family in FAMILIES {
        text.push_str(&format!("| **{}** | | |\n", family.title));
        for kind in family.kinds {
            let usage = kind.usage().replace('|', "\\|");
            let default = kind.default.replace('|', "\\|");
            let default = if default.is_empty() {
                default
            } else {
                format!("`{default}`")
            };
            text.push_str(&format!("| `{usage}` | {default} | {} |\n", kind.help));
        }
    }
    text
}
