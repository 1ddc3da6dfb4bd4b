"""The template as CloudFormation gets it: what holds of every queue, table, bucket, function, trigger and alarm."""

import json
import re
from collections.abc import Iterator
from typing import Any

from quiforme.access.keys import CACHED_S
from quiforme.aws.metrics import NAMESPACE
from quiforme.sources.catalogue import SOURCES

from tools.bench.lookup.__main__ import ENVIRONMENT
from tools.local_stack.template import defaults, of_type, template, transformed

_DAY_S = 24 * 3600
_METRICS = {
    "AWS/SQS": {
        "QueueName": ("AWS::SQS::Queue", {"ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage"}),
    },
    "AWS/Events": {"RuleName": ("AWS::Events::Rule", {"TriggeredRules", "FailedInvocations", "Invocations"})},
    "AWS/Lambda": {"FunctionName": ("AWS::Lambda::Function", {"Errors", "Throttles", "Invocations", "Duration"})},
    "AWS/DynamoDB": {"TableName": ("AWS::DynamoDB::Table", {"SystemErrors", "UserErrors", "ThrottledRequests"})},
    "AWS/ApiGateway": {"ApiName": ("AWS::ApiGateway::RestApi", {"4XXError", "5XXError", "Count", "Latency"})},
}
"""The metrics AWS publishes that an alarm may look at, by the dimension that names the resource, and its type."""


def resources(resource_type: str) -> dict[str, dict[str, Any]]:
    """Those of a type, after the transform: their properties by name."""
    found = of_type(resource_type, transformed())
    assert found, f"there is no {resource_type} at all"
    return found


def target(value: Any) -> str:
    """The resource of the template that a !Ref or !GetAtt points to."""
    name = value["Ref"] if "Ref" in value else value["Fn::GetAtt"][0]
    assert name in transformed()["Resources"], f"{value} points to nothing"
    return str(name)


def dead_letters() -> Iterator[tuple[str, str]]:
    """What may fail to be delivered, and the queue it goes to then."""
    for name, schedule in resources("AWS::Scheduler::Schedule").items():
        yield name, target(schedule["Target"]["DeadLetterConfig"]["Arn"])
    for name, rule in resources("AWS::Events::Rule").items():
        for one in rule["Targets"]:
            yield name, target(one["DeadLetterConfig"]["Arn"])
    for config in resources("AWS::Lambda::EventInvokeConfig").values():
        yield target(config["FunctionName"]), target(config["DestinationConfig"]["OnFailure"]["Destination"])
    for resource_type in ("AWS::SQS::Queue", "AWS::SNS::Subscription"):
        for name, one in resources(resource_type).items():
            if "RedrivePolicy" in one:
                yield name, target(one["RedrivePolicy"]["deadLetterTargetArn"])


def started_by_events() -> set[str]:
    """The functions that a schedule or a rule starts: nobody waits for their answer."""
    targets = [schedule["Target"] for schedule in resources("AWS::Scheduler::Schedule").values()]
    targets += [one for rule in resources("AWS::Events::Rule").values() for one in rule["Targets"]]
    return {target(one["Arn"]) for one in targets}


# --- stores -------------------------------------------------------------------------------------------------


def test_everything_at_rest_is_encrypted() -> None:
    for name, queue in resources("AWS::SQS::Queue").items():
        assert queue.get("SqsManagedSseEnabled") is True or queue.get("KmsMasterKeyId"), name
    for name, topic in resources("AWS::SNS::Topic").items():
        assert topic["KmsMasterKeyId"], name
    for name, table in resources("AWS::DynamoDB::Table").items():
        assert table["SSESpecification"]["SSEEnabled"] is True, name
    for name, bucket in resources("AWS::S3::Bucket").items():
        (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] in ("AES256", "aws:kms"), name
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}, name


def test_everything_in_transit_is_encrypted() -> None:
    """Every bucket, queue and topic refuses a call that comes without TLS."""

    def refuses(policy: dict[str, Any]) -> bool:
        return any(
            (statement.get("Effect"), statement.get("Principal"), statement.get("Condition"))
            == ("Deny", "*", {"Bool": {"aws:SecureTransport": "false"}})
            for statement in policy["PolicyDocument"]["Statement"]
        )

    buckets = {target(one["Bucket"]) for one in resources("AWS::S3::BucketPolicy").values() if refuses(one)}
    queues = {
        target(queue) for one in resources("AWS::SQS::QueuePolicy").values() if refuses(one) for queue in one["Queues"]
    }
    topics = {
        target(topic) for one in resources("AWS::SNS::TopicPolicy").values() if refuses(one) for topic in one["Topics"]
    }
    assert buckets == resources("AWS::S3::Bucket").keys()
    assert topics == resources("AWS::SNS::Topic").keys()
    assert queues == resources("AWS::SQS::Queue").keys()


def test_what_is_kept_outlives_the_stack_and_a_mistake() -> None:
    for resource_type in ("AWS::DynamoDB::Table", "AWS::S3::Bucket"):
        for name, properties in resources(resource_type).items():
            resource = transformed()["Resources"][name]
            assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("Retain", "Retain"), name
            if resource_type == "AWS::DynamoDB::Table":
                assert properties["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True, name


# --- failures -----------------------------------------------------------------------------------------------


def test_whatever_fails_leaves_its_trigger_in_a_queue() -> None:
    lost = dict(dead_letters())
    assert lost.keys() >= resources("AWS::Scheduler::Schedule").keys() | resources("AWS::Events::Rule").keys()
    assert lost.keys() >= started_by_events()
    # The function's queue tells a failed run, the trigger's one a run that never began.
    assert not {lost[name] for name in started_by_events()} & {
        lost[name] for name in resources("AWS::Scheduler::Schedule").keys() | resources("AWS::Events::Rule").keys()
    }


def test_dead_letters_are_kept_for_long_and_somebody_is_told() -> None:
    watched = {
        target(dimension["Value"])
        for alarm in resources("AWS::CloudWatch::Alarm").values()
        for dimension in alarm["Dimensions"]
        if (alarm["MetricName"], alarm["Threshold"]) == ("ApproximateNumberOfMessagesVisible", 1)
    }
    for name, queue in dead_letters():
        assert resources("AWS::SQS::Queue")[queue]["MessageRetentionPeriod"] == 14 * _DAY_S, (name, queue)
        assert queue in watched, (name, queue)


def test_the_rule_may_write_to_its_dead_letters() -> None:
    """A schedule does it with its role; a rule needs the queue's own leave."""
    allowed = {
        target(statement["Resource"])
        for policy in resources("AWS::SQS::QueuePolicy").values()
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow" and statement["Principal"] == {"Service": "events.amazonaws.com"}
    }
    for rule in resources("AWS::Events::Rule").values():
        assert {target(one["DeadLetterConfig"]["Arn"]) for one in rule["Targets"]} <= allowed


def test_each_subscription_reaches_its_queue_and_loses_nothing() -> None:
    """The topic, and nothing else of SNS, may write to the queue and to the one for what it could not deliver."""
    allowed = {
        (target(statement["Condition"]["ArnEquals"]["aws:SourceArn"]), target(resource))
        for policy in resources("AWS::SQS::QueuePolicy").values()
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow" and statement["Principal"] == {"Service": "sns.amazonaws.com"}
        for resource in statement["Resource"]
        if statement["Action"] == "sqs:SendMessage"
    }
    needed = {
        (target(one["TopicArn"]), target(queue))
        for one in resources("AWS::SNS::Subscription").values()
        for queue in (one["Endpoint"], one["RedrivePolicy"]["deadLetterTargetArn"])
    }
    assert allowed == needed
    for name, one in resources("AWS::SNS::Subscription").items():
        assert (one["Protocol"], one["RawMessageDelivery"]) == ("sqs", True), name
    # StartMessageMoveTask takes the dead letters of queues, not those of a topic alone.
    of_queues = {
        target(queue["RedrivePolicy"]["deadLetterTargetArn"])
        for queue in resources("AWS::SQS::Queue").values()
        if "RedrivePolicy" in queue
    }
    assert {aside for _, aside in needed} - of_queues <= {
        target(one["Endpoint"]) for one in resources("AWS::SNS::Subscription").values()
    }


def test_nobody_else_subscribes_unless_ops_say_so() -> None:
    (policy,) = resources("AWS::SNS::TopicPolicy").values()
    (conditional,) = [one["Fn::If"] for one in policy["PolicyDocument"]["Statement"] if "Fn::If" in one]
    condition, allow, otherwise = conditional
    assert (condition, otherwise) == ("HasSubscriberAccounts", {"Ref": "AWS::NoValue"})
    assert (allow["Action"], allow["Condition"]) == (["sns:Subscribe"], {"StringEquals": {"sns:Protocol": "sqs"}})
    assert defaults()["SubscriberAccounts"] == ""


def test_every_alarm_looks_at_something_that_is() -> None:
    for name, alarm in resources("AWS::CloudWatch::Alarm").items():
        (dimension,) = alarm["Dimensions"]
        assert alarm["AlarmActions"], name
        if alarm["Namespace"] == NAMESPACE:  # tests/integration/test_functions.py sees these metrics
            assert (dimension["Name"], dimension["Value"]) == ("Stack", {"Ref": "AWS::StackName"}), name
            continue
        resource_type, metrics = _METRICS[alarm["Namespace"]][dimension["Name"]]
        assert alarm["MetricName"] in metrics, name
        assert target(dimension["Value"]) in resources(resource_type), name
        # A queue's or a rule's name is what the metric is known by; of a queue, !Ref gives the address.
        attribute = dimension["Value"].get("Fn::GetAtt", [None, None])[1]
        assert attribute == ("QueueName" if resource_type == "AWS::SQS::Queue" else None), name
        # CloudWatch looks back a day at most, seven when the period is an hour or more.
        longest = (7 if alarm["Period"] >= 3600 else 1) * _DAY_S
        assert alarm["Period"] * alarm["EvaluationPeriods"] <= longest, name


def test_silence_is_an_alarm_too() -> None:
    """No run that ended well for 26 hours: no figure at all has to count as a bad one."""
    (alarm,) = [
        alarm
        for alarm in resources("AWS::CloudWatch::Alarm").values()
        if alarm["Period"] * alarm["EvaluationPeriods"] == 26 * 3600
    ]
    assert alarm["TreatMissingData"] == "breaching"
    assert alarm["ComparisonOperator"] == "LessThanThreshold"
    assert alarm["Threshold"] == 1


# --- functions ----------------------------------------------------------------------------------------------


def test_each_function_has_a_role_of_its_own() -> None:
    functions = resources("AWS::Lambda::Function")
    assert functions.keys() == of_type("AWS::Serverless::Function").keys()
    roles = {name: target(function["Role"]) for name, function in functions.items()}
    assert len(set(roles.values())) == len(functions)
    for name in roles.values():
        role = resources("AWS::IAM::Role")[name]
        (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
        assert trust["Principal"] == {"Service": ["lambda.amazonaws.com"]}, name
        assert {arn.rpartition("/")[2] for arn in role["ManagedPolicyArns"]} == {
            "AWSLambdaBasicExecutionRole",  # its own log
            "AWSXrayWriteOnlyAccess",  # its own traces
        }, name


def test_the_look_up_is_timed_with_all_that_it_is_told() -> None:
    told = resources("AWS::Lambda::Function")["Lookup"]["Environment"]["Variables"]
    assert {name for name in told if not name.startswith("POWERTOOLS_")} <= ENVIRONMENT.keys()


def test_no_role_is_granted_everything() -> None:
    """The roles that SAM makes for schedules and rules included."""
    for name, role in resources("AWS::IAM::Role").items():
        for policy in role["Policies"]:
            for statement in policy["PolicyDocument"]["Statement"]:
                assert statement["Effect"] == "Allow", name
                actions, granted = statement["Action"], statement["Resource"]
                for action in [actions] if isinstance(actions, str) else actions:
                    assert "*" not in action, (name, action)
                for one in granted if isinstance(granted, list) else [granted]:
                    assert one != "*", (name, statement)
                    assert not isinstance(one, str), f"{name}: {one} is written out, not taken from the template"


def test_production_runs_on_arm64() -> None:
    assert defaults()["Architecture"] == "arm64"
    for name, function in resources("AWS::Lambda::Function").items():
        assert function["Architectures"] == [{"Ref": "Architecture"}], name
        assert function["Runtime"] == {"Ref": "PythonRuntime"}, name
        assert function["TracingConfig"] == {"Mode": "Active"}, name


def test_whoever_waits_for_a_function_gets_an_answer() -> None:
    """API Gateway waits 29 s, for a function as for its authorizer."""
    behind_the_api = {
        target(permission["FunctionName"])
        for permission in resources("AWS::Lambda::Permission").values()
        if permission["Principal"] == "apigateway.amazonaws.com"
    }
    assert behind_the_api
    for name in behind_the_api:
        assert resources("AWS::Lambda::Function")[name]["Timeout"] < 29, name


def test_no_secret_in_the_template() -> None:
    """Secrets are made by AWS."""
    for secret in resources("AWS::SecretsManager::Secret").values():
        assert "GenerateSecretString" in secret
        assert "SecretString" not in secret


def test_private_keys_stay_with_the_function_that_signs() -> None:
    """Nobody else may read or write them; the look-up, which faces callers, may not write the register either."""
    may: dict[str, set[str]] = {"SigningKeys": set(), "Register": set()}
    for name, role in resources("AWS::IAM::Role").items():
        for policy in role["Policies"]:
            for statement in policy["PolicyDocument"]["Statement"]:
                granted = statement["Resource"]
                for one in granted if isinstance(granted, list) else [granted]:
                    for resource, roles in may.items():
                        if f'"{resource}"' in json.dumps(one):
                            roles.add(name)
    assert may == {"SigningKeys": {"TokensRole"}, "Register": {"TokensRole", "AuthorizeRole"}}
    targets = {target(one["FunctionName"]) for one in resources("AWS::Lambda::Permission").values()}
    assert "Tokens" not in targets, "nobody but ops, by their own rights, may invoke it"


def test_a_decision_is_remembered_by_what_it_was_made_from() -> None:
    """The authorizer looks at the Authorization header alone; a revocation is to work within five minutes."""
    (authorizer,) = of_type("AWS::Serverless::Api")["Api"]["Auth"]["Authorizers"].values()
    assert authorizer["FunctionPayloadType"] == "REQUEST"
    identity = authorizer["Identity"]
    assert identity == {"Headers": ["Authorization"], "ReauthorizeEvery": identity["ReauthorizeEvery"]}
    assert identity["ReauthorizeEvery"] + CACHED_S <= 5 * 60


def test_the_gateway_answers_in_the_contract_s_shape() -> None:
    for name, response in of_type("AWS::Serverless::Api")["Api"]["GatewayResponses"].items():
        body = json.loads(response["ResponseTemplates"]["application/json"])
        for error in body["errors"]:
            assert error.keys() == {"code", "title", "detail", "source", "meta"}, name


def test_a_source_is_fetched_without_tls_from_this_machine_only() -> None:
    for name in (source.name for source in SOURCES):
        parameter = "".join(word.capitalize() for word in name.split("_")) + "Address"
        pattern = template()["Parameters"][parameter]["AllowedPattern"]
        for address in (
            "http://www.data.gouv.fr/f.csv",
            "http://127.0.0.1.evil.fr:80/f",
            "http://127.0.0.1:80@evil.fr/f",
        ):
            assert not re.search(pattern, address), (parameter, address)
        for address in ("https://www.data.gouv.fr/f.csv", "http://127.0.0.1:8000/f.csv", "drop"):
            assert re.search(pattern, address), (parameter, address)
