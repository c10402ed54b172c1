use super::*;

const NAMES: [&str; 2] = ["report.html", "scores.csv"];

fn publish(target: &Path, content: &str) -> Result<()> {
    let beside = FolderBeside::make(target, &NAMES, Duration::ZERO)?;
    for name in NAMES {
        beside.write(name, |out: &mut dyn io::Write| {
            out.write_all(content.as_bytes()).map_err(|error| Error::io("write", target, error))
        })?;
    }
    beside.publish()
}

fn contents(target: &Path) -> Vec<String> {
    NAMES.iter().map(|name| fs::read_to_string(target.join(name)).unwrap()).collect()
}

fn beside(target: &Path) -> Vec<String> {
    let names = fs::read_dir(folder_of(target)).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

#[test]
fn a_new_folder_takes_the_place_of_the_old_one_and_nothing_stays_beside_it() {
    let above = tempfile::tempdir().unwrap();
    let target = above.path().join("new/2026-03-31");
    publish(&target, "first").unwrap();
    publish(&target, "second").unwrap();
    assert_eq!(contents(&target), ["second", "second"]);
    assert_eq!(beside(&target), ["2026-03-31"]);
}

#[test]
fn a_folder_that_is_not_finished_leaves_the_old_one_alone() {
    let above = tempfile::tempdir().unwrap();
    let target = above.path().join("2026-03-31");
    publish(&target, "first").unwrap();
    let beside_it = FolderBeside::make(&target, &NAMES, Duration::ZERO).unwrap();
    let stop = |_: &mut dyn io::Write| Err(Error::Usage("stop".to_owned()));
    assert!(beside_it.write("report.html", stop).is_err());
    drop(beside_it);
    assert_eq!(contents(&target), ["first", "first"]);
    assert_eq!(beside(&target), ["2026-03-31"]);
}

#[test]
fn what_others_put_into_the_folder_stays_in_it() {
    let above = tempfile::tempdir().unwrap();
    let target = above.path().join("2026-03-31");
    publish(&target, "first").unwrap();
    fs::write(target.join("notes.txt"), "mine").unwrap();
    fs::create_dir(target.join("letters")).unwrap();
    publish(&target, "second").unwrap();
    assert_eq!(contents(&target), ["second", "second"]);
    assert_eq!(fs::read_to_string(target.join("notes.txt")).unwrap(), "mine");
    assert!(target.join("letters").is_dir());
    assert_eq!(beside(&target), ["2026-03-31"]);
}

#[test]
fn where_two_folders_cannot_change_places_the_new_one_replaces_the_old_one() {
    let above = tempfile::tempdir().unwrap();
    let [new, target] = [".recoup-2026-03-31-a1b2c3", "2026-03-31"].map(|name| above.path().join(name));
    for (folder, content) in [(&new, "new"), (&target, "old")] {
        fs::create_dir(folder).unwrap();
        fs::write(folder.join("report.html"), content).unwrap();
    }
    let old = replace(&new, &target).unwrap();
    assert_eq!(fs::read_to_string(target.join("report.html")).unwrap(), "new");
    assert_eq!(fs::read_to_string(old.join("report.html")).unwrap(), "old");
    // A kill between its two steps: the next writer puts the old folder back, and fails.
    fs::rename(&target, &new).unwrap();
    drop(FolderBeside::make(&target, &NAMES, Duration::ZERO).unwrap());
    assert_eq!(fs::read_to_string(target.join("report.html")).unwrap(), "old");
    assert_eq!(beside(&target), ["2026-03-31"]);
}

#[test]
fn what_a_killed_run_left_is_cleared_by_the_next_writer_of_any_day() {
    let above = tempfile::tempdir().unwrap();
    let [killed, target] = ["2026-03-31", "2026-04-07"].map(|name| above.path().join(name));
    publish(&killed, "done").unwrap();
    let left = above.path().join(".recoup-2026-03-31-a1b2c3");
    fs::create_dir(&left).unwrap();
    fs::write(left.join("report.html"), "of the run before").unwrap();
    fs::write(left.join("notes.txt"), "mine").unwrap();
    fs::write(above.path().join(".recoup-2026-03-31-d4e5f6"), "no folder").unwrap();
    fs::create_dir(above.path().join(".recoup-of-another-user")).unwrap();
    publish(&target, "next").unwrap();
    assert_eq!(contents(&killed), ["done", "done"]);
    assert_eq!(fs::read_to_string(killed.join("notes.txt")).unwrap(), "mine");
    assert_eq!(beside(&target), [".recoup-2026-03-31-d4e5f6", ".recoup-of-another-user", "2026-03-31", "2026-04-07"]);
}

#[test]
fn one_writer_waits_for_the_other() {
    let above = tempfile::tempdir().unwrap();
    let [one, other] = ["2026-03-31", "2026-04-07"].map(|name| above.path().join(name));
    let first = FolderBeside::make(&one, &NAMES, Duration::ZERO).unwrap();
    let second = FolderBeside::make(&other, &NAMES, Duration::ZERO);
    assert!(matches!(second, Err(Error::Busy { .. })), "{second:?}");
    drop(first);
    publish(&other, "second").unwrap();
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_look_and_a_link_is_replaced_and_not_followed() {
    use std::os::unix::fs::PermissionsExt;
    let above = tempfile::tempdir().unwrap();
    let [elsewhere, target] = ["elsewhere", "2026-03-31"].map(|name| above.path().join(name));
    fs::create_dir(&elsewhere).unwrap();
    fs::write(elsewhere.join("report.html"), "mine").unwrap();
    std::os::unix::fs::symlink(&elsewhere, &target).unwrap();
    publish(&target, "report").unwrap();
    assert!(fs::symlink_metadata(&target).unwrap().is_dir());
    assert_eq!(fs::read_to_string(elsewhere.join("report.html")).unwrap(), "mine");
    assert_eq!(beside(&target), ["2026-03-31", "elsewhere"]);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&target), mode(&target.join("report.html"))), (0o700, 0o600));
}

#[test]
fn a_file_where_the_folder_should_be_is_left_alone() {
    let above = tempfile::tempdir().unwrap();
    let target = above.path().join("2026-03-31");
    fs::write(&target, "mine").unwrap();
    assert!(publish(&target, "report").is_err());
    assert_eq!(fs::read_to_string(&target).unwrap(), "mine");
}
