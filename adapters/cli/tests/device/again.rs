//! Peers that were killed, frozen or moved are found again, without pairing again.

use crate::process::Home;

#[test]
fn a_killed_wallbox_is_limited_again_after_its_restart() {
    let home = Home::new("killed");
    let (hems_ski, evse_ski) = (home.introduce("hems"), home.introduce("evse"));
    let evse = home.start("evse", 0, &hems_ski, &[]);
    let (port, address) = (evse.port, evse.address());
    let hems = home.start("hems", 0, &evse_ski, &["--dial", &address, "--limit", "4200"]);
    evse.wait("own ceiling 4,200 W: limited");
    hems.wait("accepts the limit 4,200 W without end");
    evse.kill();
    hems.wait("dialling again");
    let evse = home.start("evse", port, &hems_ski, &[]);
    evse.wait("own ceiling 4,200 W: limited");
    hems.wait("has the entities and features it had");
    hems.wait("accepts the limit 4,200 W without end");
}

#[test]
fn a_killed_energy_manager_takes_control_again_after_its_restart() {
    let home = Home::new("guard");
    let (hems_ski, evse_ski) = (home.introduce("hems"), home.introduce("evse"));
    let evse = home.start("evse", 0, &hems_ski, &[]);
    let address = evse.address();
    let hems = home.start("hems", 0, &evse_ski, &["--dial", &address, "--limit", "4200"]);
    evse.wait(": limited");
    hems.kill();
    evse.wait("disconnected");
    let hems = home.start("hems", 0, &evse_ski, &["--dial", &address, "--limit", "6000"]);
    evse.wait("own ceiling 6,000 W: limited");
    hems.wait("accepts the limit 6,000 W without end");
}

#[test]
fn a_wallbox_that_moved_to_another_port_and_dials_is_found_again() {
    let home = Home::new("moved");
    let (hems_ski, evse_ski) = (home.introduce("hems"), home.introduce("evse"));
    let evse = home.start("evse", 0, &hems_ski, &[]);
    let hems = home.start("hems", 0, &evse_ski, &["--dial", &evse.address(), "--limit", "4200"]);
    evse.wait(": limited");
    let before = evse.port;
    evse.kill();
    hems.wait("dialling again");
    let evse = home.start("evse", 0, &hems_ski, &["--dial", &hems.address()]);
    assert_ne!(evse.port, before);
    evse.wait("own ceiling 4,200 W: limited");
}

#[test]
fn a_frozen_wallbox_is_left_and_found_again() {
    let home = Home::new("frozen");
    let (hems_ski, evse_ski) = (home.introduce("hems"), home.introduce("evse"));
    let evse = home.start("evse", 0, &hems_ski, &[]);
    let hems = home.start("hems", 0, &evse_ski, &["--dial", &evse.address(), "--limit", "4200"]);
    hems.wait("accepts the limit");
    evse.signal("STOP");
    hems.wait("no pong within 10 s");
    evse.signal("CONT");
    evse.wait("disconnected");
    evse.wait("paired");
    hems.wait("accepts the limit 4,200 W without end");
}
