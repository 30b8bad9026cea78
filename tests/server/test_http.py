"""The HTTP rules that Prefect's client relies on."""

from __future__ import annotations

import json

import pytest
import requests
from graphql import build_client_schema, get_introspection_query, validate_schema

from project.server.graphql.schema import api_schema
from tests.server.kit import NO_ID, Api, Registered, mutation, run_row


@pytest.mark.parametrize("path", ["/", "/graphql", "/graphql/"])
def test_every_path_that_the_client_may_use_is_served(api: Api, path: str) -> None:
    answer = api.post("query{tenant{slug}}", "null", path)

    assert (answer.status_code, answer.json()) == (200, {"data": {"tenant": [{"slug": "default"}]}})


@pytest.mark.parametrize("variables", ['{"slug": "default"}', {"slug": "default"}])
def test_variables_are_an_object_or_a_string_of_json(api: Api, variables: object) -> None:
    query = "query($slug: String) { tenant(where: {slug: {_eq: $slug}}) { slug } }"

    assert api.data(query, variables) == [{"slug": "default"}]


def test_a_refused_mutation_is_answered_with_200_and_null(api: Api) -> None:
    answer = api.post(mutation("create_project"), {"input": {"name": "p", "tenant_id": NO_ID}})

    assert answer.status_code == 200
    assert answer.json() == {
        "data": {"create_project": None},
        "errors": [
            {
                "message": f"Tenant {NO_ID} not found.",
                "extensions": {"code": "BAD_USER_INPUT"},
                "path": ["create_project"],
            }
        ],
    }


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("query { tenant { id }", "GRAPHQL_PARSE_FAILED"),
        ("query { secret_names }", "GRAPHQL_VALIDATION_FAILED"),
        ("query { sqlite_master { sql } }", "GRAPHQL_VALIDATION_FAILED"),
        (
            'query { tenant(where: {created: {_gt: "yesterday"}}) { id } }',
            "GRAPHQL_VALIDATION_FAILED",
        ),
    ],
)
def test_a_query_that_cannot_be_executed_is_answered_with_400(
    api: Api, query: str, code: str
) -> None:
    answer = api.post(query)

    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (400, code)


@pytest.mark.parametrize(
    "body", [b"", b"nonsense", b"[]", b'{"query": 1}', b'{"query": "{hello}", "variables": "[]"}']
)
def test_a_body_that_is_not_a_request_is_answered_with_400(api: Api, body: bytes) -> None:
    answer = requests.post(api.url, data=body, timeout=10)

    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (
        400,
        "BAD_REQUEST",
    )


def test_a_variable_of_the_wrong_type_is_an_error(api: Api) -> None:
    answer = api.post(mutation("create_project"), {"input": {"name": 7}})
    (error,) = answer.json()["errors"]

    assert (answer.status_code, error["extensions"]) == (400, {"code": "BAD_USER_INPUT"})
    assert "name" in error["message"]
    assert "String cannot represent" in error["message"]


def test_a_message_with_a_lone_surrogate_is_escaped(api: Api) -> None:
    assert api.refusal("archive_flow", flow_id="\ud800").endswith("uuid: '\\ud800'")


def test_health_needs_no_query(api: Api) -> None:
    answer = requests.get(f"{api.url}/health", timeout=10)

    assert answer.json() == {"status": "ok", "version": "1.1.0"}


def test_the_schema_can_be_introspected(api: Api) -> None:
    introspected = build_client_schema(api.post(get_introspection_query()).json()["data"])

    assert {"flow_run", "flow_run_bool_exp", "set_flow_run_states_input"} <= set(
        introspected.type_map
    )


def test_the_schema_can_be_introspected_with_every_option(api: Api) -> None:
    switches = (
        *("descriptions", "specified_by_url", "directive_is_repeatable", "schema_description"),
        "input_value_deprecation",
    )
    query = get_introspection_query(**dict.fromkeys(switches, True))

    assert "errors" not in api.post(query).json()


def test_the_fields_of_a_type_can_be_looked_up_with_their_types(api: Api) -> None:
    of_type = "fields { name type { name ofType { name enumValues { name } } } args { name } }"

    assert api.data(f'{{ __type(name: "flow_run") {{ {of_type} }} }}')["fields"]


IN_EACH_OTHER = "{ type { inputFields" * 3 + "{ name }" + "} }" * 3


@pytest.mark.parametrize(
    "query",
    [
        f'{{ __type(name: "flow_run_bool_exp") {{ inputFields {IN_EACH_OTHER} }} }}',
        "{ __schema { types { inputFields { type { ofType { inputFields { name } } } } } } }",
        "{ ...a } fragment a on Query { __schema { types { fields { args { type { ...b } } } } } }"
        " fragment b on __Type { inputFields { name } }",
        "{ __schema { types { " + " ".join(f"a{n}: name" for n in range(300)) + " } } }",
        "{ " + " ".join(f"a{n}: __schema {{ types {{ name }} }}" for n in range(101)) + " }",
    ],
    ids=["a type", "all types", "fragments", "aliases", "many schemas"],
)
def test_a_query_that_asks_too_much_of_the_schema_is_refused(api: Api, query: str) -> None:
    answer = api.post(query)

    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["extensions"]["code"]) == (400, "GRAPHQL_VALIDATION_FAILED")
    assert "of the schema" in error["message"] or "asks for the schema" in error["message"]


def test_the_schema_is_valid() -> None:
    assert validate_schema(api_schema()) == []


def test_several_mutations_of_a_request_may_share_their_input(api: Api, flow: Registered) -> None:
    create = "create_flow_run(input: $input) { id }"
    query = f"mutation($input: create_flow_run_input!) {{ a: {create} b: {create} }}"
    answer = api.post(query, {"input": {"flow_id": flow.id, "flow_run_name": "same"}}).json()

    assert {run_row(api, run["id"], "name")["name"] for run in answer["data"].values()} == {"same"}
    assert answer["data"]["a"] != answer["data"]["b"]


def test_text_beyond_ascii_is_returned_unchanged(api: Api) -> None:
    name = "naïve 🚀 \u2028"
    literal = json.dumps(name)
    api.data(f"mutation {{ create_project(input: {{name: {literal}}}) {{ id }} }}")

    assert api.data(f"query {{ project(where: {{name: {{_eq: {literal}}}}}) {{ name }} }}") == [
        {"name": name}
    ]
