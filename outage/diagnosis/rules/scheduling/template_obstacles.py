"""Every obstacle to a node that lies in a pod template: selectors, affinity, ports, claims, gates."""

import re

from outage.diagnosis.cause import Cause
from outage.diagnosis.findings.facts import Sign
from outage.diagnosis.remedies.remedy import Remedy
from outage.diagnosis.rules.rule import CauseRule
from outage.diagnosis.rules.scheduling.node_fit import (
    about_resource,
    drop_host_port,
    lost_label,
    prefer_apart,
    put_selector_right,
    weigh_nodes,
)
from outage.diagnosis.rules.scheduling.obstacles import Obstacle, obstacle_entries, obstacle_finder
from outage.diagnosis.rules.scheduling.pending_claims import EXPECTED as CLAIM_EXPECTED
from outage.diagnosis.rules.scheduling.volume_claims import drop_selector, take_unused_claim
from outage.diagnosis.weighing.doubts import Doubt
from outage.diagnosis.weighing.strength import Strength

SPEC = r"^/spec/template/spec"
SCHEDULED = "condition PodScheduled; "
NAMES_THE_CHANGE = "the scheduler names what was changed"
NO_NODE_SINCE = "its pods have no node since that was changed"

OBSTACLES = (
    Obstacle(
        Cause.NODE_SELECTOR_UNMATCHED,
        sentence="{about}: its node selector or affinity matches no node",
        said=re.compile(r"didn't match Pod's node affinity/selector|didn't match node selector", re.I),
        shows="the scheduler says that no node matches selector or affinity",
        fields=r"/(?:nodeSelector|affinity)(?:/|$)",
        instead=lost_label,
        otherwise=put_selector_right,
        weighed=weigh_nodes,
        means="The node selector or affinity matches no node.",
        evidence=SCHEDULED + "selector and affinity against the labels of the nodes",
        remedies=(Remedy.DROP, Remedy.PREFER),
        doubts=(Doubt.NODE_ASLEEP, Doubt.VOLUME_ELSEWHERE, Doubt.LONG_UNCHANGED),
    ),
    Obstacle(
        Cause.ANTI_AFFINITY_DEADLOCK,
        sentence="{about}: its required anti-affinity leaves no node for all of its pods",
        said=re.compile(r"didn't match pod anti-affinity|pod anti-affinity rules", re.I),
        shows="the scheduler says that anti-affinity keeps the pods off",
        fields=r"/affinity(?:/|$)",
        otherwise=prefer_apart,
        means="Required anti-affinity leaves no node for the pods.",
        evidence=SCHEDULED + "required terms against the pods on the nodes",
        remedies=(Remedy.PREFER,),
    ),
    Obstacle(
        Cause.HOST_PORT_CLASH,
        sentence="{about}: its host port is taken on every node that could run it",
        said=re.compile(r"didn't have free ports", re.I),
        shows="the scheduler says that no node has the port free",
        fields=r"/ports(?:/|$)|/hostNetwork$",
        otherwise=drop_host_port,
        means="The host port is taken on every node.",
        evidence=SCHEDULED + "hostPort and hostNetwork",
        remedies=(Remedy.DROP,),
    ),
    Obstacle(
        Cause.CLAIM_NAME_WRONG,
        sentence="{about} names the claim {named}, which does not exist",
        said=re.compile(r'persistentvolumeclaim "([^"]+)" not found'),
        shows="the scheduler says that the claim which the pod names does not exist",
        fields=r"/volumes(?:/|$)",
        otherwise=take_unused_claim,
        expected=CLAIM_EXPECTED,
        means="The pod names a volume claim that does not exist.",
        evidence=SCHEDULED + "the claims that are bound and unused",
        remedies=(Remedy.RETARGET,),
    ),
    Obstacle(
        Cause.VOLUME_NODE_CONFLICT,
        sentence="{about}: its volume lives on another node than the pod is bound to",
        said=re.compile(r"volume node affinity conflict"),
        shows='the scheduler says "volume node affinity conflict"',
        fields=r"/(?:nodeSelector|affinity|nodeName)(?:/|$)",
        otherwise=drop_selector,
        expected=CLAIM_EXPECTED,
        means="The volume lives on another node than the pod is bound to.",
        evidence=SCHEDULED + "nodeAffinity of the volume against the node selector",
        remedies=(Remedy.DROP,),
    ),
    Obstacle(
        Cause.BAD_TEMPLATE,
        sentence="{about}: its topology spread constraints leave no node",
        said=re.compile(r"didn't match pod topology spread constraints", re.I),
        shows=NAMES_THE_CHANGE,
        fields=SPEC + r"/topologySpreadConstraints(?:/|$)",
        strength=Strength.CONTRADICTED,
        of_new_template=True,
    ),
    Obstacle(
        Cause.BAD_TEMPLATE,
        sentence="{about}: its required affinity to other pods leaves no node",
        said=re.compile(r"didn't match pod affinity rules", re.I),
        shows=NAMES_THE_CHANGE,
        fields=SPEC + r"/affinity(?:/|$)",
        strength=Strength.CONTRADICTED,
        of_new_template=True,
    ),
    Obstacle(
        Cause.REQUEST_TOO_LARGE,
        sentence="{about}: asks for {named}, which no node has left",
        said=re.compile(r"Insufficient ((?:[\w.-]+/[\w.-]+)|(?:hugepages-\w+))"),
        shows="the scheduler says that no node has enough of it",
        fields=r"/resources(?:/|$)",
        strength=Strength.CONTRADICTED,
        of_new_template=True,
        narrowed=about_resource,
    ),
    Obstacle(
        Cause.BAD_TEMPLATE,
        sentence="{about}: waits for a scheduler that does not answer",
        sign=Sign.POD_UNSCHEDULED,
        shows=NO_NODE_SINCE,
        fields=SPEC + r"/schedulerName$",
        strength=Strength.CONTRADICTED,
        of_new_template=True,
    ),
    Obstacle(
        Cause.BAD_TEMPLATE,
        sentence="{about}: is held back by a scheduling gate",
        sign=Sign.POD_GATED,
        shows=NO_NODE_SINCE,
        fields=SPEC + r"/schedulingGates(?:/|$)",
        strength=Strength.CONTRADICTED,
        of_new_template=True,
    ),
)

RULES = (CauseRule(obstacle_finder(OBSTACLES), entries=obstacle_entries(OBSTACLES)),)
