"""The native format's manifests: what each kind's may say, and one clear line where it says else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar, get_args

from pydantic import BaseModel, Field, ValidationError

from .errors import InputError
from .hints import nearest
from .manifest_sections import (
    AgentsSection,
    ArcsSection,
    AssignmentOptions,
    ColumnsSection,
    CriterionSection,
    EntriesSection,
    FairMatrixLanesSection,
    FairnessSection,
    FairOptions,
    FairSourcesSection,
    FairTableLanesSection,
    FairTargetsSection,
    GreatCircleSection,
    LinearAgentsSection,
    LinearObjectiveSection,
    MatrixLanesSection,
    MatrixPairsSection,
    MaximumSection,
    MinimumSection,
    NetworkOptions,
    NodesSection,
    PolicySection,
    ProvenanceSection,
    RowsSection,
    Section,
    SenseSection,
    SourcesSection,
    TableLanesSection,
    TablePairsSection,
    TargetsSection,
    TasksSection,
    TransportationOptions,
    UnitsSection,
    UtilitySection,
)
from .network_plan_sections import (
    ArrivingSection,
    ClassesSection,
    DaysSection,
    DeliveriesSection,
    NetworkPlanOptions,
    PresentSection,
    ResourcesSection,
    SitesSection,
    StaysSection,
    StockSection,
    TransferLanesSection,
    UseSection,
)
from .programme_sections import (
    BudgetsSection,
    GroupsSection,
    MatrixCostsSection,
    ProgrammeOptions,
    ProgrammesSection,
    TableCostsSection,
)
from .uncertain_sections import (
    AnyDemandSection,
    ProbabilitiesSection,
    UncertainOptions,
    UncertainSourcesSection,
    UncertainTargetsSection,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic_core import ErrorDetails

AnySection = TypeVar("AnySection", bound=Section)


class Manifest(Section):
    """What every manifest says."""

    schema_version: Literal[1]
    """Version of the manifest's own format."""
    kind: str
    """Family of problem."""
    title: str = ""
    """One line for people."""
    provenance: ProvenanceSection = ProvenanceSection()
    """Where the data come from."""
    units: UnitsSection = UnitsSection()
    """Unit of each measure."""
    fairness: FairnessSection | None = None
    """Criterion and utility; absent where the problem's own objective is all there is."""
    policies: list[PolicySection] = Field(default_factory=list)
    """What must hold besides the problem's own rules."""


class TransportationManifest(Manifest):
    """A transportation problem."""

    kind: Literal["transportation"]
    objective: SenseSection = SenseSection()
    options: TransportationOptions = TransportationOptions()
    sources: SourcesSection
    targets: TargetsSection
    lanes: Annotated[TableLanesSection | MatrixLanesSection | GreatCircleSection, Field(discriminator="form")]


class AssignmentManifest(Manifest):
    """A weighted assignment problem."""

    kind: Literal["assignment"]
    objective: SenseSection = SenseSection()
    options: AssignmentOptions = AssignmentOptions()
    agents: AgentsSection
    tasks: TasksSection
    pairs: Annotated[TablePairsSection | MatrixPairsSection | GreatCircleSection, Field(discriminator="form")]


class FairAllocationManifest(Manifest):
    """A fair allocation."""

    kind: Literal["fair-allocation"]
    objective: CriterionSection = CriterionSection()
    options: FairOptions = FairOptions()
    sources: FairSourcesSection
    targets: FairTargetsSection
    lanes: Annotated[
        FairTableLanesSection | FairMatrixLanesSection | GreatCircleSection, Field(discriminator="form")
    ]


class NetworkFlowManifest(Manifest):
    """A min-cost flow."""

    kind: Literal["network-flow"]
    objective: MinimumSection = MinimumSection()
    options: NetworkOptions = NetworkOptions()
    nodes: NodesSection
    arcs: ArcsSection


class LinearManifest(Manifest):
    """A general linear problem, whole numbers allowed."""

    kind: Literal["linear"]
    objective: LinearObjectiveSection = LinearObjectiveSection()
    columns: ColumnsSection
    rows: RowsSection | None = None
    """Absent where the columns' bounds are all there is."""
    entries: EntriesSection | None = None
    """Absent where every coefficient is 0."""
    agents: LinearAgentsSection | None = None
    """Absent where each column is an agent and its value the utility."""
    utility: UtilitySection | None = None
    """Belongs to the table of agents."""


class ProgrammeManifest(Manifest):
    """Budgeted programmes."""

    kind: Literal["programmes"]
    objective: MaximumSection = MaximumSection()
    options: ProgrammeOptions = ProgrammeOptions()
    groups: GroupsSection
    programmes: ProgrammesSection
    budgets: BudgetsSection | None = None
    """Absent where there is one budget, the number of the options, or none."""
    costs: Annotated[TableCostsSection | MatrixCostsSection | None, Field(discriminator="form")] = None
    """What each programme takes of each budget; belongs to the table of budgets."""


class UncertainTransportationManifest(Manifest):
    """Transportation before demand is known."""

    kind: Literal["uncertain-transportation"]
    objective: MinimumSection = MinimumSection()
    options: UncertainOptions = UncertainOptions()
    sources: UncertainSourcesSection
    targets: UncertainTargetsSection
    lanes: Annotated[TableLanesSection | MatrixLanesSection | GreatCircleSection, Field(discriminator="form")]
    demand: AnyDemandSection
    """What is known of demand."""
    probabilities: ProbabilitiesSection | None = None
    """How likely the scenarios are; all equally where absent."""
    recourse: Annotated[
        TableLanesSection | MatrixLanesSection | GreatCircleSection | None, Field(discriminator="form")
    ] = None
    """Lanes between targets, for after demand is known; absent where nothing can be passed on."""


class NetworkPlanManifest(Manifest):
    """A network plan over several days."""

    kind: Literal["network-plan"]
    objective: MinimumSection = MinimumSection()
    options: NetworkPlanOptions = NetworkPlanOptions()
    sites: SitesSection
    days: DaysSection
    classes: ClassesSection
    resources: ResourcesSection
    use: UseSection
    stays: StaysSection
    remaining: StaysSection | None = None
    """Days left to those in care at the start; absent for the equilibrium of the stays."""
    stock: StockSection
    deliveries: DeliveriesSection | None = None
    """Absent where stocks do not change by themselves."""
    present: PresentSection | None = None
    """Absent where nobody is in care at the start."""
    patients: ArrivingSection | None = None
    """Absent where nobody arrives."""
    lanes: TransferLanesSection | None = None
    """Absent where nothing travels."""


MANIFESTS: dict[str, type[Manifest]] = {
    "transportation": TransportationManifest,
    "assignment": AssignmentManifest,
    "fair-allocation": FairAllocationManifest,
    "network-flow": NetworkFlowManifest,
    "linear": LinearManifest,
    "programmes": ProgrammeManifest,
    "uncertain-transportation": UncertainTransportationManifest,
    "network-plan": NetworkPlanManifest,
}


def schema(kind: str) -> dict[str, Any]:
    """JSON Schema of a kind's manifest.

    Raises
    ------
    InputError
        For an unknown kind.

    Examples
    --------
    >>> schema("network-flow")["required"]
    ['schema_version', 'kind', 'nodes', 'arcs']
    """
    if kind not in MANIFESTS:
        raise InputError(f"there is no kind {kind!r}; {nearest(kind, MANIFESTS)}")
    described = MANIFESTS[kind].model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **described}


def parse_manifest(content: Mapping[str, Any], name: str) -> Manifest:
    """Validate a manifest's content.

    Parameters
    ----------
    content
        What the TOML file holds.
    name
        The file's name in errors.

    Raises
    ------
    InputError
        Naming manifest, table and field of the first mistake.

    Examples
    --------
    >>> parse_manifest({"schema_version": 2}, "a.toml")
    Traceback (most recent call last):
    ...
    allocare.instances.errors.InputError: a.toml, field 'schema_version': this Allocare reads version 1, not 2
    """
    version = content.get("schema_version")
    if version is None:
        raise InputError("it is missing; say schema_version = 1", name, "field 'schema_version'")
    if version != 1 or isinstance(version, bool | float):
        raise InputError(f"this Allocare reads version 1, not {version!r}", name, "field 'schema_version'")
    kind = content.get("kind")
    if not isinstance(kind, str):
        known = ", ".join(map(repr, MANIFESTS))
        raise InputError(f"it must be one of {known}", name, "field 'kind'")
    if kind not in MANIFESTS:
        raise InputError(f"there is no kind {kind!r}; {nearest(kind, MANIFESTS)}", name, "field 'kind'")
    return validated(MANIFESTS[kind], content, name)


def validated(model: type[AnySection], content: Mapping[str, Any], name: str) -> AnySection:
    """Validate a file's content, with one clear line for the first mistake.

    Parameters
    ----------
    model
        What the file may say.
    content
        What the TOML file holds.
    name
        The file's name in errors.

    Raises
    ------
    InputError
        Naming file, table and field of the first mistake.

    Examples
    --------
    >>> validated(UnitsSection, {"cots": "km"}, "a.toml")
    Traceback (most recent call last):
    ...
    allocare.instances.errors.InputError: a.toml, field 'cots': there is no such field; did you mean 'cost'?
    """
    try:
        return model.model_validate(dict(content))
    except ValidationError as error:
        mistakes = error.errors(include_url=False, include_context=True)
        # a mistyped field is also a missing one: the typing is what mends both
        mistakes.sort(key=lambda mistake: mistake["type"] != "extra_forbidden")
        raise _one_line(mistakes[0], model, name) from error


def _one_line(mistake: ErrorDetails, model: type[Section], name: str) -> InputError:
    *path, last = mistake["loc"] if mistake["loc"] else ("",)
    if mistake["type"] in ("union_tag_invalid", "union_tag_not_found"):
        path, last = [*path, last], "form"
    table = next((f"table [{part}]" for part in path if part in model.model_fields), "")
    names_table = not path and (isinstance(mistake["input"], dict) or bool(_sections(model, str(last))))
    shown = str(last) if str(last).isprintable() else repr(last)
    field = f"table [{shown}]" if names_table else f"field {str(last)!r}"
    forms = _forms(model, path) if last == "form" else ""
    return InputError(_found(mistake, str(last), _fields_at(model, path), forms), name, table, field)


def _forms(model: type[Section], path: list[Any]) -> str:
    """Name the forms that the table at a place may have."""
    sections = _sections(model, str(path[-1])) if path else []
    forms = [repr(get_args(one.model_fields["form"].annotation)[0]) for one in sections]
    return " or ".join(filter(None, (", ".join(forms[:-1]), *forms[-1:])))


def _found(mistake: ErrorDetails, last: str, fields: list[str], forms: str) -> str:
    given, context = mistake["input"], mistake.get("ctx", {})
    match mistake["type"]:
        case "extra_forbidden":
            what = "table" if isinstance(given, dict) else "field"
            return f"there is no such {what}; {nearest(last, fields)}"
        case "missing" | "union_tag_not_found":
            return "it is missing" + (f"; say {forms}" if last == "form" else "")
        case "union_tag_invalid":
            return f"{context['tag']!r} is not one of {context['expected_tags']}"
        case "literal_error":
            return f"{given!r} is not one of {context['expected']}"
        case "string_type":
            return f"it must be text, not {given!r}"
        case "bool_type":
            return f"it must be true or false, not {given!r}"
        case "float_type":
            return f"it must be a number, not {given!r}"
        case "string_too_short":
            return "it is empty; name one"
        case "too_short":
            return f"it is empty; write [[{last}]]"
        case "list_type":
            return f"it must be a list of tables; write [[{last}]]"
        case "rule":
            return f"{mistake['msg']}, not {given!r}"
        case "model_type" | "model_attributes_type":
            return f"it must be a table, not {given!r}"
        case "greater_than":
            return f"it is {given:g}; it must be above {context['gt']:g}"
        case "greater_than_equal":
            return f"it is {given:g}; it must be {context['ge']:g} or more"
        case "less_than":
            return f"it is {given:g}; it must be below {context['lt']:g}"
        case "less_than_equal":
            return f"it is {given:g}; it must be {context['le']:g} or less"
        case "finite_number":
            return f"it is {given:g}; give a finite number"
    return f"{mistake['msg'][:1].lower()}{mistake['msg'][1:]}, not {given!r}"


def _sections(model: type[BaseModel], name: str) -> list[type[Section]]:
    """Models that a field may hold: one, the members of a union, or none for a plain or unknown one."""
    if name not in model.model_fields:
        return []
    annotation = model.model_fields[name].annotation
    members = get_args(annotation) or (annotation,)
    return [member for member in members if isinstance(member, type) and issubclass(member, Section)]


def _fields_at(model: type[Section], path: list[Any]) -> list[str]:
    """Names of the fields that the place may have."""
    sections: list[type[BaseModel]] = [model]
    for part in path:
        if isinstance(part, int):
            continue
        if part in sections[0].model_fields:
            sections = [*_sections(sections[0], str(part))]
        else:
            sections = [one for one in sections if part in get_args(one.model_fields["form"].annotation)]
    return list(dict.fromkeys(field for one in sections for field in one.model_fields))
