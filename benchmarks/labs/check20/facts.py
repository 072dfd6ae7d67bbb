"""The twenty facts of lab.yaml in the words of pytest-testinfra; run as root on each machine."""


def test_losttemple_openssh_server(losttemple):
    assert losttemple.package("openssh-server").is_installed


def test_losttemple_keychain(losttemple):
    assert losttemple.package("keychain").is_installed


def test_losttemple_ssh(losttemple):
    service = losttemple.service("ssh")
    assert service.is_running and service.is_enabled


def test_losttemple_cron(losttemple):
    assert losttemple.service("cron").is_running


def test_losttemple_hello(losttemple):
    file = losttemple.file("/home/student/hello.txt")
    assert file.mode == 0o640 and file.user == "student" and file.contains("hello")


def test_losttemple_hosts(losttemple):
    file = losttemple.file("/etc/hosts")
    assert file.mode == 0o644 and file.contains("server01")


def test_losttemple_port(losttemple):
    assert losttemple.socket("tcp://0.0.0.0:22").is_listening
    assert losttemple.process.filter(comm="sshd")


def test_losttemple_cron_process(losttemple):
    assert losttemple.process.filter(comm="cron", user="root")


def test_losttemple_hostname(losttemple):
    assert "losttemple" in losttemple.check_output("hostname")


def test_losttemple_sshd(losttemple):
    assert "permitemptypasswords no" in losttemple.check_output("sshd -T")


def test_server01_openssh_server(server01):
    assert server01.package("openssh-server").is_installed


def test_server01_ufw(server01):
    assert server01.package("ufw").is_installed


def test_server01_ssh(server01):
    service = server01.service("ssh")
    assert service.is_running and service.is_enabled


def test_server01_timesyncd(server01):
    assert not server01.service("systemd-timesyncd").is_running


def test_server01_sshd_config(server01):
    file = server01.file("/etc/ssh/sshd_config")
    assert file.mode == 0o644 and file.user == "root"


def test_server01_sudoers(server01):
    file = server01.file("/etc/sudoers.d/lab")
    assert file.mode == 0o440 and file.contains("NOPASSWD")


def test_server01_port(server01):
    assert server01.socket("tcp://0.0.0.0:22").is_listening
    assert server01.process.filter(comm="sshd")


def test_server01_cron_process(server01):
    assert server01.process.filter(comm="cron", user="root")


def test_server01_builder(server01):
    assert "1001" in server01.check_output("id -u builder")


def test_server01_sshd(server01):
    assert "loglevel VERBOSE" in server01.check_output("sshd -T")
