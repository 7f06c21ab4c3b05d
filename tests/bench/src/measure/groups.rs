//! Who is measured at the same time: servers in one scenario, the yardstick in each group of those that take turns.

use super::Cell;

pub(super) struct Group {
    /// Those that are measured in it, and in no other one.
    pub(super) cells: Vec<usize>,
    /// With whom they are compared.
    yardstick: Option<usize>,
}

impl Group {
    /// Who is still to be measured in this round; nobody where it would be the yardstick alone.
    pub(super) fn due(&self, cells: &[Cell], round: usize) -> Vec<usize> {
        let is_due = |cell: &usize| cells[*cell].is_due(round);
        let mut due: Vec<_> = self.cells.iter().copied().filter(is_due).collect();
        if !due.is_empty() {
            due.splice(0..0, self.yardstick.filter(is_due));
        }
        due
    }
}

/// All groups, in the order of a round.
pub(super) fn of(cells: &[Cell]) -> Vec<Group> {
    let places: Vec<_> = (0..cells.len()).collect();
    let is_same =
        |one: &usize, other: &usize| cells[*one].scenario.name == cells[*other].scenario.name;
    let scenarios = places.chunk_by(is_same);
    scenarios
        .flat_map(|places| of_scenario(cells, places))
        .collect()
}

fn of_scenario(cells: &[Cell], places: &[usize]) -> Vec<Group> {
    let scenario = cells[places[0]].scenario;
    let is_yardstick = |place: &usize| scenario.takes_turns() && cells[*place].is_yardstick();
    let yardstick = places.iter().copied().find(is_yardstick);
    let others: Vec<_> = places
        .iter()
        .copied()
        .filter(|place| Some(*place) != yardstick)
        .collect();
    if others.is_empty() {
        let cells = places.to_vec();
        return vec![Group {
            cells,
            yardstick: None,
        }];
    }
    let size = scenario.at_once - usize::from(yardstick.is_some());
    let groups = others.chunks(size);
    groups
        .map(|cells| Group {
            cells: cells.to_vec(),
            yardstick,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::{Job, Options};

    fn options(words: &str) -> Options {
        match Job::read(words.split(' ').map(str::to_owned)) {
            Ok(Job::Run(options)) => options,
            _ => panic!("another job than to run"),
        }
    }

    fn groups(words: &str) -> Vec<Vec<&'static str>> {
        let mut cells = options(words).cells();
        let groups = of(&cells);
        let names = groups.iter().map(|group| {
            let due = group.due(&cells, 1);
            due.iter().map(|cell| cells[*cell].server.name).collect()
        });
        let names = names.collect();
        for cell in &mut cells {
            cell.failure = Some("it hung".to_owned());
        }
        assert!(groups.iter().all(|group| group.due(&cells, 1).is_empty()));
        names
    }

    #[test]
    fn the_yardstick_takes_part_in_every_group() {
        let echo = "run --scenario echo-64-100";
        let tuned = "--server axum-tuned";
        let some = "--server tcp --server bun --server axum --server throughline";
        assert_eq!(
            groups(&format!("{echo} {some} {tuned}")),
            [
                vec!["axum-tuned", "throughline", "axum", "tcp"],
                vec!["axum-tuned", "bun"]
            ]
        );
        assert_eq!(groups(&format!("{echo} {tuned}")), [["axum-tuned"]]);
        assert_eq!(
            groups(&format!("{echo} {some}")),
            [["throughline", "axum", "tcp", "bun"]]
        );
    }

    #[test]
    fn where_nobody_takes_turns_the_yardstick_is_like_others() {
        let some = "--server tcp --server axum-tuned";
        assert_eq!(
            groups(&format!("run --scenario idle-socket {some}")),
            [["axum-tuned"], ["tcp"]]
        );
    }
}
