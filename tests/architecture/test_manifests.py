"""Manifests, units, proxy and image: structure that a deployment's safety rests on."""

from __future__ import annotations

import ipaddress
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.cli.main import COMMANDS
from bot.settings import CREDENTIALS, SEPARATE, VARIABLES

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
#: Seconds that a half may need to end in good order.
GRACE = 30
#: What lets a process speak to a forge in the bot's name; the webhooks' secrets let nobody.
OF_FORGES = {name for name in CREDENTIALS if "_WEBHOOK_" not in name} | {"GITHUB_APP_ID"}


def objects() -> Iterator[dict[str, Any]]:
    for path in sorted((DEPLOY / "kubernetes").glob("*.yaml")):
        yield from yaml.safe_load_all(path.read_text(encoding="utf-8"))


OBJECTS = {(one["kind"], one["metadata"]["name"]): one for one in objects()}
WORKLOADS = [name for kind, name in OBJECTS if kind in ("Deployment", "Job")]


def pod(name: str) -> dict[str, Any]:
    kind = "Job" if ("Job", name) in OBJECTS else "Deployment"
    found: dict[str, Any] = OBJECTS[kind, name]["spec"]["template"]["spec"]
    return found


def test_every_part_is_there() -> None:
    assert sorted(WORKLOADS) == ["hubbot-downloader", "hubbot-migrate", "hubbot-web", "hubbot-worker"]
    for kind in ("PodDisruptionBudget", "Deployment"):
        found = {name for k, name in OBJECTS if k == kind}
        assert found == {"hubbot-downloader", "hubbot-web", "hubbot-worker"}
    assert ("Service", "hubbot-web") in OBJECTS


@pytest.mark.parametrize("name", WORKLOADS)
def test_a_pod_is_confined(name: str) -> None:
    spec = pod(name)
    assert spec["serviceAccountName"] == name
    assert spec["automountServiceAccountToken"] is False
    assert spec["terminationGracePeriodSeconds"] >= GRACE
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["runAsUser"] >= 10000
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert not spec.get("hostNetwork")
    assert not any("hostPath" in volume for volume in spec["volumes"])
    for container in spec["containers"]:
        held = container["securityContext"]
        assert held["readOnlyRootFilesystem"] is True
        assert held["allowPrivilegeEscalation"] is False
        assert held["capabilities"] == {"drop": ["ALL"]}
        assert {"cpu", "memory"} == set(container["resources"]["limits"])
        assert re.search(r"@sha256:[0-9a-f]{64}$", container["image"]), "an image is named by its digest"
        assert container["args"][0] in COMMANDS


@pytest.mark.parametrize("name", ["hubbot-downloader", "hubbot-web", "hubbot-worker"])
def test_a_deployment_is_probed_and_rolls_without_a_gap(name: str) -> None:
    (container,) = pod(name)["containers"]
    assert {"startupProbe", "livenessProbe", "readinessProbe"} <= set(container)
    spec = OBJECTS["Deployment", name]["spec"]
    assert spec["replicas"] >= 2
    assert spec["selector"]["matchLabels"].items() <= spec["template"]["metadata"]["labels"].items()
    budget = OBJECTS["PodDisruptionBudget", name]["spec"]
    assert budget["selector"] == spec["selector"]
    assert budget["minAvailable"] < spec["replicas"]


def test_only_the_worker_gets_the_forges_credentials() -> None:
    holders = {
        name
        for name in WORKLOADS
        for source in pod(name)["containers"][0]["envFrom"]
        if source.get("secretRef", {}).get("name") == "hubbot-forge"
    }
    assert holders == {"hubbot-worker"}
    settings = OBJECTS["ConfigMap", "hubbot"]["data"]
    assert set(settings) <= set(VARIABLES)
    assert not [name for name in settings if re.search("TOKEN|KEY|SECRET|PASSWORD|DATABASE", name)]


def test_the_downloader_gets_its_own_way_into_the_database_and_nothing_else() -> None:
    (container,) = pod("hubbot-downloader")["containers"]
    assert container["envFrom"] == [{"secretRef": {"name": "hubbot-downloader"}}]
    assert {one["name"] for one in container["env"]} == {"METRICS_HOST", "METRICS_PORT"}
    others = [source for name in WORKLOADS for source in pod(name)["containers"][0]["envFrom"]]
    assert others.count({"secretRef": {"name": "hubbot-downloader"}}) == 1
    assert ("ServiceAccount", "hubbot-downloader") in OBJECTS
    assert OBJECTS["ConfigMap", "hubbot"]["data"]["DOWNLOADS"] == SEPARATE
    users = {name: pod(name)["securityContext"]["runAsUser"] for name in WORKLOADS}
    assert users["hubbot-downloader"] != users["hubbot-worker"]


def test_the_worker_reaches_forges_and_not_what_pages_name() -> None:
    (rule,) = OBJECTS["NetworkPolicy", "hubbot-worker"]["spec"]["egress"]
    blocks = [to["ipBlock"] for to in rule["to"]]
    assert rule["ports"] == [{"protocol": "TCP", "port": 443}]
    assert [b for b in blocks if _lets_through(b, ipaddress.ip_address("140.82.121.6"))]
    for elsewhere in (*INSIDE, *OUTSIDE):
        assert not [b for b in blocks if _lets_through(b, ipaddress.ip_address(elsewhere))], elsewhere


INSIDE = (
    "10.1.2.3",
    "127.0.0.1",
    "169.254.169.254",
    "100.100.100.200",
    "192.168.1.1",
    "172.16.0.1",
    "fd00::1",
)
OUTSIDE = ("8.8.8.8", "2a00:1450::1")


def test_egress_is_denied_but_for_what_is_needed() -> None:
    policies = [one["spec"] for (kind, _), one in OBJECTS.items() if kind == "NetworkPolicy"]
    deny = OBJECTS["NetworkPolicy", "hubbot-deny"]["spec"]
    assert set(deny["policyTypes"]) == {"Ingress", "Egress"}
    assert not deny.keys() & {"ingress", "egress"}
    wide = [
        (policy, rule)
        for policy in policies
        for rule in policy.get("egress", [])
        if any(
            ipaddress.ip_network(to["ipBlock"]["cidr"]).prefixlen < 8 for to in rule["to"] if "ipBlock" in to
        )
    ]
    ((policy, rule),) = wide
    assert policy["podSelector"]["matchLabels"]["part"] == "downloader"
    assert rule["ports"] == [{"protocol": "TCP", "port": 443}]
    blocks = [to["ipBlock"] for to in rule["to"]]
    for inside in INSIDE:
        address = ipaddress.ip_address(inside)
        assert not [b for b in blocks if _lets_through(b, address)], inside
    for outside in OUTSIDE:
        assert [b for b in blocks if _lets_through(b, ipaddress.ip_address(outside))], outside


def _lets_through(block: dict[str, Any], address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    return address in ipaddress.ip_network(block["cidr"]) and not any(
        address in ipaddress.ip_network(but) for but in block.get("except", [])
    )


UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
HARDENED = {
    "NoNewPrivileges": "yes",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "PrivateDevices": "yes",
    "CapabilityBoundingSet": "",
    "KillSignal": "SIGTERM",
    "Restart": "always",
    "SystemCallArchitectures": "native",
    "RestrictNamespaces": "yes",
}


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_a_unit_is_confined(unit: Path) -> None:
    lines = unit.read_text(encoding="utf-8").splitlines()
    held = dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    assert HARDENED.items() <= held.items()
    assert held["User"] not in ("", "root")
    assert int(held["TimeoutStopSec"]) >= GRACE
    assert shlex.split(held["ExecStart"])[1] in COMMANDS
    files = {line.partition("=")[2] for line in lines if line.startswith("EnvironmentFile=")}
    assert ("/etc/hubbot/worker.env" in files) == (unit.stem == "hubbot-worker")
    assert ("/etc/hubbot/downloader.env" in files) == (unit.stem == "hubbot-downloader")


def test_the_downloaders_unit_has_a_user_of_its_own_and_no_way_to_the_inside() -> None:
    lines = (DEPLOY / "systemd/hubbot-downloader.service").read_text(encoding="utf-8").splitlines()
    assert "DynamicUser=yes" in lines
    assert "InaccessiblePaths=-/etc/hubbot -/var/lib/hubbot" in lines
    assert [line for line in lines if line.startswith("EnvironmentFile=")] == [
        "EnvironmentFile=/etc/hubbot/downloader.env"
    ]
    users = [
        line for unit in UNITS for line in unit.read_text("utf-8").splitlines() if line.startswith("User=")
    ]
    assert users.count("User=hubbot-downloader") == 1
    denied = [
        word for line in lines if line.startswith("IPAddressDeny=") for word in line.split("=")[1].split()
    ]
    named = {
        "localhost": "127.0.0.0/8 ::1/128",
        "link-local": "169.254.0.0/16 fe80::/64",
        "multicast": "224.0.0.0/4",
    }
    networks = [ipaddress.ip_network(one) for word in denied for one in named.get(word, word).split()]
    for inside in (*INSIDE, "::1", "0.0.0.0", "224.0.0.1", "168.63.129.16"):
        assert any(ipaddress.ip_address(inside) in network for network in networks), inside
    for outside in OUTSIDE:
        assert not any(ipaddress.ip_address(outside) in network for network in networks), outside
    assert [line for line in lines if line.startswith("IPAddressAllow=")] == ["IPAddressAllow=127.0.0.53"]
    assert "Environment=DOWNLOADS=separate" in (DEPLOY / "systemd/hubbot-worker.service").read_text("utf-8")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_systemd_understands_a_unit(unit: Path, tmp_path: Path) -> None:
    copy = tmp_path / unit.name
    copy.write_text(unit.read_text(encoding="utf-8").replace("/opt/hubbot/bin/hubbot", sys.executable))
    done = subprocess.run(
        ["systemd-analyze", "verify", str(copy)], capture_output=True, text=True, timeout=60, check=False
    )
    said = [line for line in done.stderr.splitlines() if unit.name in line]
    assert (done.returncode, said) == (0, [])


NFT = shutil.which("nft", path="/usr/sbin:/usr/bin:/usr/local/sbin")


@pytest.mark.skipif(NFT is None, reason="nftables is not installed")
def test_nft_takes_the_rules_of_egress() -> None:
    assert NFT is not None
    done = subprocess.run(
        [NFT, "--check", "--file", str(DEPLOY / "egress.nft")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if "Operation not permitted" in done.stderr:
        pytest.skip("the kernel is asked, and does not answer this user")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(shutil.which("nginx") is None, reason="nginx is not installed")
def test_nginx_takes_its_configuration(tmp_path: Path) -> None:
    pem, key = tmp_path / "fullchain.pem", tmp_path / "privkey.pem"
    subprocess.run(
        [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=hubbot",
            "-keyout",
            str(key),
            "-out",
            str(pem),
        ],
        check=True,
        capture_output=True,
        timeout=60,
    )
    site = (DEPLOY / "nginx.conf").read_text(encoding="utf-8").replace("/etc/ssl/hubbot", str(tmp_path))
    (tmp_path / "site.conf").write_text(site)
    main = (
        f"pid {tmp_path}/pid;\nerror_log stderr;\nevents {{}}\nhttp {{\n include {tmp_path}/site.conf;\n}}\n"
    )
    (tmp_path / "nginx.conf").write_text(main)
    done = subprocess.run(
        ["nginx", "-t", "-c", str(tmp_path / "nginx.conf"), "-p", str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_the_proxy_bounds_what_the_receiver_sees() -> None:
    site = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    for wanted in ("client_max_body_size 26m;", "proxy_request_buffering on;", "client_body_timeout 10s;"):
        assert wanted in site
    assert "ssl_protocols TLSv1.2 TLSv1.3;" in site
    assert "X-Forwarded-For" not in site, "the receiver trusts no address that a client may claim"


DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("forbidden", "why"),
    [
        (r"^ADD ", "COPY says what comes from where"),
        (r":latest\b", "a tag that moves"),
        (r"\bsudo\b", "no more rights than needed"),
        (r"curl [^|]*\|", "nothing unread is run"),
        (r"apt-get (?!.*--no-install-recommends)", "only what is asked for"),
        (r"^RUN cd ", "WORKDIR says where"),
        (r"(?i)^(ARG|ENV) .*(token|secret|password|private_key)", "a layer keeps its secrets for ever"),
        (r"^COPY \. ", "only what is named comes in"),
        (r"pip install (?!.*(--require-hashes|--no-index))", "nothing without a hash"),
    ],
)
def test_dockerfile_keeps_to_the_rules(forbidden: str, why: str) -> None:
    assert not re.search(forbidden, DOCKERFILE, re.MULTILINE), why


def test_dockerfile_keeps_the_tools_of_building_out() -> None:
    stages = re.split(r"^FROM ", DOCKERFILE, flags=re.MULTILINE)[1:]
    assert len(stages) == 2
    assert "pip" not in stages[-1]
    assert re.search(r'^ENTRYPOINT \["hubbot"\]$', stages[-1], re.MULTILINE)


COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["services"]
#: What Compose knows of a service, as far as we use it.
SERVICE_KEYS = {
    *("build", "image", "init", "restart", "read_only", "tmpfs", "cap_drop", "cap_add", "security_opt"),
    *("env_file", "environment", "command", "ports", "stop_grace_period", "depends_on", "healthcheck"),
    *("volumes", "network_mode", "networks", "user"),
}


@pytest.mark.parametrize("name", sorted(COMPOSE))
def test_compose_knows_what_is_asked(name: str) -> None:
    service = COMPOSE[name]
    assert set(service) - SERVICE_KEYS == set()
    assert set(service.get("depends_on", {})) <= set(COMPOSE)
    conditions = {one["condition"] for one in service.get("depends_on", {}).values()}
    assert conditions <= {"service_healthy", "service_completed_successfully", "service_started"}
    if name != "database":
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
    if name in ("web", "worker", "downloader", "proxy"):
        assert int(service["stop_grace_period"].removesuffix("s")) >= GRACE
    assert "docker.sock" not in str(service)


def test_compose_gives_the_receiver_no_credential() -> None:
    held = COMPOSE["web"]["environment"]
    assert COMPOSE["web"]["env_file"] == [".env"]
    assert {name for name, value in held.items() if value == ""} == OF_FORGES
    assert not set(COMPOSE["worker"]["environment"]) & OF_FORGES


def test_every_setting_that_reads_like_a_credential_is_known_as_one() -> None:
    assert {name for name in VARIABLES if re.search("TOKEN|KEY|SECRET|PASSWORD", name)} == set(CREDENTIALS)


def test_compose_gives_what_upgrades_the_database_nothing_but_its_address() -> None:
    assert COMPOSE["release"]["env_file"] == []
    assert set(COMPOSE["release"]["environment"]) == {"DATABASE_URL"}
    assert pod("hubbot-migrate")["containers"][0]["envFrom"] == [{"secretRef": {"name": "hubbot-database"}}]
    assert "env" not in pod("hubbot-migrate")["containers"][0]


def test_figures_are_for_prometheus_alone() -> None:
    rule = OBJECTS["NetworkPolicy", "hubbot-metrics"]["spec"]
    (chosen,) = rule["podSelector"]["matchExpressions"]
    shown = {f"hubbot-{part}" for part in chosen["values"]}
    assert rule["ingress"] == [
        {
            "from": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}],
            "ports": [{"protocol": "TCP", "port": 9000}],
        }
    ]
    for name in WORKLOADS:
        (container,) = pod(name)["containers"]
        given = {one["name"]: one.get("value") for one in container.get("env", [])}
        assert (given.get("METRICS_HOST") == "0.0.0.0") == (name in shown)
        if name in shown:
            assert container["ports"] == [{"name": "metrics", "containerPort": int(given["METRICS_PORT"])}]
    for name, service in COMPOSE.items():
        reachable = service.get("environment", {}).get("METRICS_HOST") == "0.0.0.0"
        assert reachable == (name in ("worker", "downloader"))
        assert not (reachable and "ports" in service)
    for unit in UNITS:
        assert "METRICS_HOST" not in unit.read_text("utf-8"), "a machine's own Prometheus reads loopback"


def test_compose_gives_the_downloader_no_setting_of_others() -> None:
    service = COMPOSE["downloader"]
    assert service["env_file"] == []
    assert set(service["environment"]) == {
        "DATABASE_URL",
        "METRICS_HOST",
        "METRICS_PORT",
        "ASSET_CONNECT_TO",
        "ASSET_CA_BUNDLE",
    }
    assert service["environment"]["DATABASE_URL"].startswith("postgresql://hubbot_downloader:")
    assert COMPOSE["worker"]["environment"]["DOWNLOADS"] == SEPARATE
    reachable = {
        name for name in COMPOSE if set(COMPOSE[name].get("networks", ["default"])) & set(service["networks"])
    }
    assert reachable == {"database", "downloader"}
    networks = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["networks"]
    assert networks["vault"] == {"internal": True}
    bridge = networks["fetch"]["driver_opts"]["com.docker.network.bridge.name"]
    assert len(bridge) <= 15, "the kernel's limit"
    assert (DEPLOY / "egress.nft").read_text(encoding="utf-8").count(f'iifname != "{bridge}" accept') == 2
    script = "./deploy/downloader.sql:/downloader.sql:ro"
    assert COMPOSE["grants"]["volumes"] == [script]
    assert f"--file={script.split(':')[1]}" in COMPOSE["grants"]["command"]


def test_the_rules_of_the_compose_file_close_the_inside() -> None:
    rules = (DEPLOY / "egress.nft").read_text(encoding="utf-8")
    listed = re.search(r"elements = \{([^}]*)\}", rules)
    assert listed is not None
    networks = [ipaddress.ip_network(word.strip()) for word in listed[1].split(",")]
    for inside in (one for one in INSIDE if ":" not in one):
        assert any(ipaddress.ip_address(inside) in network for network in networks), inside
    assert not any(ipaddress.ip_address("8.8.8.8") in network for network in networks)
    assert rules.count("{") == rules.count("}")


@pytest.mark.skipif(
    shutil.which("nft") is None or os.getuid() != 0, reason="nft is not installed, or no root"
)
def test_nftables_understands_the_rules() -> None:
    command = ["nft", "--check", "--file", str(DEPLOY / "egress.nft")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


RUNBOOK = (ROOT / "docs/operations.md").read_text(encoding="utf-8")


def paragraph(beginning: str) -> str:
    """The runbook from there to the next paragraph that begins in bold, or the next heading."""
    found = re.search(rf"^{re.escape(beginning)}.*?(?=^\*\*|^#|\Z)", RUNBOOK, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[0]


@pytest.mark.parametrize(
    "path", sorted(p for p in DEPLOY.rglob("*") if p.is_file()), ids=lambda path: str(path.name)
)
def test_the_runbook_names_every_file(path: Path) -> None:
    where = {"kubernetes": paragraph("**Kubernetes.**"), "systemd": paragraph("**systemd.**")}
    unit = path.name.removesuffix(".service")
    named = where.get(path.parent.name, RUNBOOK)
    assert re.search(rf"(?<![\w-])({re.escape(path.name)}|{re.escape(unit)})(?![\w-])", named)


@pytest.mark.parametrize("way", ["**Kubernetes.**", "**systemd.**"])
def test_the_parts_are_started_only_when_the_downloader_has_its_role(way: str) -> None:
    told = paragraph(way)
    started = told.index("downloader.yaml" if "Kubernetes" in way else "hubbot-downloader hubbot-worker")
    assert told.index("deploy/downloader.sql") < started
    assert told.index("migrate.yaml" if "Kubernetes" in way else "schema") < told.index("downloader.sql")


def test_the_runbook_names_the_secrets_and_what_compose_asks_for() -> None:
    told = (DEPLOY / "kubernetes/config.yaml").read_text(encoding="utf-8")
    made = re.findall(r"kubectl create secret generic (\S+)", told)
    used = {
        source["secretRef"]["name"]
        for name in WORKLOADS
        for source in pod(name)["containers"][0]["envFrom"]
        if "secretRef" in source
    }
    assert set(made) == used
    assert len(made) == 4
    assert told.startswith("# What is no secret. The secrets are four objects")
    assert paragraph("**Kubernetes.**").startswith("**Kubernetes.** Four secrets")
    assert {name for name in used if f"`{name}`" not in paragraph("**Kubernetes.**")} == set()
    asked = set(re.findall(r"\$\{(\w+):\?", (ROOT / "compose.yaml").read_text(encoding="utf-8")))
    (row,) = (line for line in RUNBOOK.splitlines() if line.startswith("| `docker compose up`"))
    assert {name for name in asked if f"`{name}`" not in row} == set()
    head = (ROOT / "compose.yaml").read_text(encoding="utf-8").partition("\n\n")[0]
    assert {name for name in asked if f"{name}=" not in head} == set()


def test_the_downloaders_role_is_made_by_the_administrator_wherever_it_is_told() -> None:
    script = (DEPLOY / "downloader.sql").read_text(encoding="utf-8")
    told = re.findall(r"--file=deploy/downloader.sql (\S+?)`?[\s,]", script + RUNBOOK)
    assert told == ["postgresql://postgres@127.0.0.1/hubbot"] * 3
