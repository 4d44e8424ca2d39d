"""Compose file, Kubernetes manifests and Dockerfiles: of the schemas of their makers, hardened, and of one piece."""

import importlib.resources
import json
import pathlib
import re
import subprocess
import sys

import jsonschema
import kubernetes_validate
import pytest
import yaml
from manifests import COMPOSE, FOLDER, NGINX, RESOURCES, instructions, of_kind

from keras_scgan.serving.server.settings import ServerSettings

ROOT = FOLDER.parent
KUBERNETES = ("1.32", "1.37")  # of the oldest that is to take them, and of the newest whose schemas are installed
DEFAULTS = ServerSettings()

each_service = pytest.mark.parametrize("name", COMPOSE["services"])
each_deployment = pytest.mark.parametrize("deployment", of_kind("Deployment").values(), ids=of_kind("Deployment"))


# === Schemas ===


@pytest.fixture(scope="module")
def compose_schema():
    """That of the Compose specification."""
    path = importlib.resources.files("check_jsonschema") / "builtin_schemas" / "vendor" / "compose-spec.json"
    return json.loads(path.read_text(encoding="utf-8"))


def test_the_compose_file_is_one(compose_schema):
    jsonschema.validate(COMPOSE, compose_schema)


def test_the_schema_of_compose_files_finds_mistakes(compose_schema):
    with pytest.raises(jsonschema.ValidationError, match="red_only"):
        jsonschema.validate({"services": {"scgan": COMPOSE["services"]["scgan"] | {"red_only": True}}}, compose_schema)


@pytest.mark.parametrize("version", KUBERNETES)
@pytest.mark.parametrize("resource", RESOURCES, ids=lambda r: f"{r['kind']}-{r['metadata']['name']}")
def test_manifests_are_kubernetes_s(resource, version):
    kubernetes_validate.validate(resource, version, strict=True)


def test_the_schemas_of_kubernetes_find_mistakes():
    wrong = of_kind("Service")["scgan"] | {"specification": {}}
    with pytest.raises(kubernetes_validate.ValidationError, match="specification"):
        kubernetes_validate.validate(wrong, KUBERNETES[-1], strict=True)


def test_the_kustomization_names_every_manifest_and_file():
    text = (FOLDER / "kustomization.yaml").read_text()
    kustomization = yaml.safe_load(text)
    named = kustomization["resources"] + re.findall(r"# - (kubernetes/\S+)", text)
    assert sorted(named) == sorted(str(path.relative_to(FOLDER)) for path in FOLDER.glob("kubernetes/*.yaml"))
    (generated,) = kustomization["configMapGenerator"]
    volumes = of_kind("Deployment")["scgan-proxy"]["spec"]["template"]["spec"]["volumes"]
    assert generated["name"] in [volume["configMap"]["name"] for volume in volumes if "configMap" in volume]
    assert all((FOLDER / name).is_file() for name in generated["files"])


# === Hardening ===


@each_service
def test_services_write_nowhere_and_gain_no_rights(name):
    service = COMPOSE["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert {"memory", "cpus", "pids"} <= service["deploy"]["resources"]["limits"].keys()
    assert all(volume.endswith(":ro") for volume in service.get("volumes", []) if ":/colorized" not in volume)


@each_service
def test_no_port_but_the_proxy_s_is_open_to_others(name):
    ports = COMPOSE["services"][name].get("ports", [])
    assert all(port.startswith("127.0.0.1:") for port in ports) or (name, ports) == ("proxy", ["8443:8443"])


@each_deployment
def test_pods_are_nobody_write_nowhere_and_have_limits_and_probes(deployment):
    pod = deployment["spec"]["template"]["spec"]
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] > 0
    for container in pod["containers"]:
        security = container["securityContext"]
        assert security["readOnlyRootFilesystem"] is True
        assert security["allowPrivilegeEscalation"] is False
        assert security["capabilities"] == {"drop": ["ALL"]}
        assert container["resources"]["limits"].keys() == {"cpu", "memory"}
        assert {"readinessProbe", "livenessProbe"} <= container.keys()


@pytest.mark.parametrize("name", ["Dockerfile", "tensorflow-serving.Dockerfile"])
def test_images_run_as_nobody(name):
    assert [user for instruction, user in instructions(name) if instruction == "USER"] == ["10001:10001"]


# === One piece ===


def test_services_find_their_pods_and_ports():
    pods = [deployment["spec"]["template"] for deployment in of_kind("Deployment").values()]
    for service in of_kind("Service").values():
        (pod,) = [pod for pod in pods if pod["metadata"]["labels"] == service["spec"]["selector"]]
        ports = {port["name"] for container in pod["spec"]["containers"] for port in container["ports"]}
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= ports


@each_deployment
def test_probes_and_selectors_name_what_there_is(deployment):
    template = deployment["spec"]["template"]
    assert deployment["spec"]["selector"]["matchLabels"] == template["metadata"]["labels"]
    volumes = {volume["name"] for volume in template["spec"]["volumes"]}
    for container in template["spec"]["containers"]:
        ports = {port["name"] for port in container["ports"]}
        for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
            action = next((v for k, v in container.get(probe, {}).items() if k in ("httpGet", "tcpSocket")), None)
            assert action is None or action["port"] in ports
        assert {mount["name"] for mount in container["volumeMounts"]} <= volumes


def test_autoscalers_and_budgets_name_deployments():
    for scaler in of_kind("HorizontalPodAutoscaler").values():
        assert scaler["spec"]["scaleTargetRef"]["name"] in of_kind("Deployment")
    selectors = [deployment["spec"]["selector"] for deployment in of_kind("Deployment").values()]
    assert all(budget["spec"]["selector"] in selectors for budget in of_kind("PodDisruptionBudget").values())


def test_commands_have_flags_of_their_verbs():
    container = of_kind("Deployment")["scgan"]["spec"]["template"]["spec"]["containers"][0]
    services = COMPOSE["services"]
    (default,) = [json.loads(words) for name, words in instructions("Dockerfile") if name == "CMD"]
    for verb, *words in (container["args"], services["scgan"]["command"], services["folder"]["command"], default):
        command = [sys.executable, "-m", "keras_scgan", verb, "--help"]
        told = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True).stdout
        for word in words:
            assert not word.startswith("--") or f"{word.partition('=')[0]}:" in told, word


def test_what_the_image_copies_is_there_and_not_ignored():
    kept = [line[1:] for line in (FOLDER / "Dockerfile.dockerignore").read_text().splitlines() if line.startswith("!")]
    assert all((ROOT / name).exists() for name in kept)
    copied = [
        words.split()[:-1] for name, words in instructions("Dockerfile") if name == "COPY" and "--from" not in words
    ]
    for source in (source for sources in copied for source in sources):
        assert any(pathlib.PurePath(name).is_relative_to(source) for name in kept), source
    wheel = (ROOT / "pyproject.toml").read_text()
    assert all(f'"{name}"' in wheel for name in kept if name.startswith("saved_models"))


def test_limits_of_the_proxy_and_of_stopping_fit_those_of_the_server():
    assert f"client_max_body_size {DEFAULTS.max_request_mb}m;" in NGINX
    assert int(re.search(r"proxy_read_timeout (\d+)s;", NGINX)[1]) > DEFAULTS.timeout
    pod = of_kind("Deployment")["scgan"]["spec"]["template"]["spec"]
    pause = pod["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert pod["terminationGracePeriodSeconds"] > pause + DEFAULTS.stop_timeout
    assert int(COMPOSE["services"]["scgan"]["stop_grace_period"].removesuffix("s")) > DEFAULTS.stop_timeout
