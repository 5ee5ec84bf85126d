"""The native format's bad inputs: a good instance of each kind, and what is wrong when one text is changed."""

# ruff: noqa: E501 (a case reads best on as few lines as it has parts)

from __future__ import annotations

TRANSPORTATION = """schema_version = 1
kind = "transportation"
[options]
whole = true
[sources]
file = "rooms.csv"
key = "state"
supply = "places"
[targets]
file = "patients.csv"
key = "state"
demand = "patients"
[lanes]
form = "table"
file = "lanes.csv"
capacity = "most"
"""
TABLES = {
    "rooms.csv": "state,places,lat,lon\nBremen,4,53.1,8.8\nBerlin,9,52.5,13.4\nHessen,0,50.1,8.2\n",
    "patients.csv": "state,patients,lat,lon\nHamburg,5,53.6,10.0\nBayern,3,48.1,11.6\n",
    "lanes.csv": "source,target,cost,most\nBremen,Hamburg,95,9\nBerlin,Hamburg,255,inf\nBerlin,Bayern,504,3\n",
}
MATRIX = TRANSPORTATION.replace('form = "table"', 'form = "matrix"').replace(
    'capacity = "most"', 'capacity_file = "most.csv"'
)
MATRICES = TABLES | {
    "lanes.csv": "state,Hamburg,Bayern\nBremen,95,\nBerlin,255,504\nHessen,,\n",
    "most.csv": "state,Hamburg,Bayern\nBremen,9,\nBerlin,9,inf\nHessen,,\n",
}
GLOBE = TRANSPORTATION.partition("[lanes]")[0].replace(
    'key = "state"', 'key = "state"\nlatitude = "lat"\nlongitude = "lon"'
)
GLOBE += '[lanes]\nform = "great-circle"\nround = true\n'
ASSIGNMENT = """schema_version = 1
kind = "assignment"
[agents]
file = "beds.csv"
key = "bed"
[tasks]
file = "patients.csv"
key = "name"
priority = "class"
[pairs]
form = "matrix"
file = "pairs.csv"
"""
ASSIGNMENT_TABLES = {
    "beds.csv": "bed,room\n1,A\n2,A\n",
    "patients.csv": "name,class\nAda,1\nBo,2\n",
    "pairs.csv": "bed,Ada,Bo\n1,5,6\n2,7,8\n",
}
FAIR = """schema_version = 1
kind = "fair-allocation"
[objective]
criterion = "min-variance"
[options]
cost_budget = 100
[sources]
file = "s.csv"
key = "k"
supply = "a"
[targets]
file = "t.csv"
key = "k"
demand = "a"
[lanes]
form = "table"
file = "l.csv"
"""
FAIR_TABLES = {"s.csv": "k,a\np,1\n", "t.csv": "k,a\nx,1\n", "l.csv": "source,target,cost\np,x,4\n"}
NETWORK = """schema_version = 1
kind = "network-flow"
[nodes]
file = "nodes.csv"
key = "node"
balance = "balance"
[arcs]
file = "arcs.csv"
lower = "lower"
capacity = "capacity"
"""
NETWORK_TABLES = {
    "nodes.csv": "node,balance\na,3\nb,-3\n",
    "arcs.csv": "source,target,cost,lower,capacity\na,b,1,0,5\n",
}
LINEAR = """schema_version = 1
kind = "linear"
[columns]
file = "columns.csv"
key = "column"
objective = "profit"
lower = "low"
upper = "high"
whole = "whole"
[rows]
file = "rows.csv"
key = "row"
relation = "is"
right_hand_side = "limit"
[entries]
file = "entries.csv"
"""
LINEAR_TABLES = {
    "columns.csv": "column,profit,low,high,whole\nx,1,0,5,true\ny,2,-inf,inf,false\n",
    "rows.csv": "row,is,limit\nstaff,<=,10\n",
    "entries.csv": "row,column,value\nstaff,x,1\nstaff,y,2\n",
}
PROGRAMMES = """schema_version = 1
kind = "programmes"
[options]
budget = 60
[groups]
file = "groups.csv"
key = "group"
size = "people"
baseline = "without"
[programmes]
file = "programmes.csv"
key = "programme"
cost = "cost"
lower = "low"
upper = "high"
"""
PROGRAMME_TABLES = {
    "groups.csv": "group,people,without\nhip,40,4\nheart,10,1\n",
    "programmes.csv": "programme,group,benefit,cost,low,high\nhip,hip,2,1,0,1\nvalve,heart,5,3,0,1\n",
}
BUDGETS = PROGRAMMES.replace("[options]\nbudget = 60\n", "").replace('cost = "cost"\n', "")
BUDGETS += '[budgets]\nfile = "budgets.csv"\nkey = "budget"\nlimit = "limit"\n[costs]\n'
BUDGET_TABLES = PROGRAMME_TABLES | {"budgets.csv": "budget,limit\nmoney,60\nstaff,5\n"}
COST_LIST = BUDGETS + 'form = "table"\nfile = "costs.csv"\n'
COST_LIST_TABLES = BUDGET_TABLES | {"costs.csv": "programme,budget,cost\nhip,money,1\nvalve,money,3\n"}
COST_MATRIX = BUDGETS + 'form = "matrix"\nfile = "costs.csv"\n'
COST_MATRIX_TABLES = BUDGET_TABLES | {"costs.csv": "programme,money,staff\nhip,1,\nvalve,3,0.4\n"}
UNCERTAIN = """schema_version = 1
kind = "uncertain-transportation"
[sources]
file = "stores.csv"
key = "store"
supply = "has"
[targets]
file = "wards.csv"
key = "ward"
unmet_cost = "unmet"
[lanes]
form = "matrix"
file = "costs.csv"
[probabilities]
file = "likely.csv"
key = "scenario"
[demand]
"""
UNCERTAIN_TABLES = {
    "stores.csv": "store,has\nJena,9\n",
    "wards.csv": "ward,unmet,nominal,downward,upward\nA,5,3,1,2\nB,4,2,1,1\n",
    "costs.csv": "store,A,B\nJena,1,2\n",
    "likely.csv": "scenario,probability\ncalm,0.6\nsurge,0.4\n",
    "scenarios.csv": "scenario,A,B\ncalm,1,2\nsurge,4,6\n",
    "list.csv": "scenario,target,quantity\ncalm,A,1\ncalm,B,2\nsurge,A,4\nsurge,B,6\n",
}
SCENARIO_MATRIX = UNCERTAIN + 'form = "scenario-matrix"\nfile = "scenarios.csv"\n'
SCENARIO_LIST = UNCERTAIN + 'form = "scenario-table"\nfile = "list.csv"\n'
INTERVAL = UNCERTAIN.replace('[probabilities]\nfile = "likely.csv"\nkey = "scenario"\n', "")
INTERVAL += 'form = "interval"\nbudget = 1.5\n'
KINDS: dict[str, tuple[str, dict[str, str]]] = {
    "transportation": (TRANSPORTATION, TABLES),
    "matrix": (MATRIX, MATRICES),
    "globe": (GLOBE, TABLES),
    "assignment": (ASSIGNMENT, ASSIGNMENT_TABLES),
    "fair": (FAIR, FAIR_TABLES),
    "network": (NETWORK, NETWORK_TABLES),
    "linear": (LINEAR, LINEAR_TABLES),
    "programmes": (PROGRAMMES, PROGRAMME_TABLES),
    "cost list": (COST_LIST, COST_LIST_TABLES),
    "cost matrix": (COST_MATRIX, COST_MATRIX_TABLES),
    "scenario matrix": (SCENARIO_MATRIX, UNCERTAIN_TABLES),
    "scenario list": (SCENARIO_LIST, UNCERTAIN_TABLES),
    "interval": (INTERVAL, UNCERTAIN_TABLES),
}


# kind, file, (old, new) or (whole content,), the line up to its mend
CASES: dict[str, tuple[str, str, tuple[str | bytes, ...], str]] = {
    # the manifest
    "TOML that breaks off": (
        "transportation", "m.toml", ('key = "state"', "key ="), "m.toml, line 7, column 6: this is not TOML: Invalid value"),
    "TOML that ends too early": (
        "transportation", "m.toml", ('a = "b',), "m.toml, end of document: this is not TOML: "),
    "a manifest that is not UTF-8": (
        "transportation", "m.toml", (b"title = 'Th\xfcringen'",), "m.toml: this is not UTF-8 text; a manifest is a TOML file"),
    "no schema version": (
        "transportation", "m.toml", ("schema_version = 1\n", ""),
        "m.toml, field 'schema_version': it is missing; say schema_version = 1"),
    "wrong schema version": (
        "transportation", "m.toml", ("schema_version = 1", "schema_version = 2"),
        "m.toml, field 'schema_version': this Allocare reads version 1, not 2"),
    "no kind": (
        "transportation", "m.toml", ('kind = "transportation"', ""), "m.toml, field 'kind': it must be one of 'transportation', "),
    "unknown kind": (
        "transportation", "m.toml", ('"transportation"', '"transport"'),
        "m.toml, field 'kind': there is no kind 'transport'; did you mean 'transportation'?"),
    "mistyped field": (
        "transportation", "m.toml", ("supply =", "suply ="),
        "m.toml, table [sources], field 'suply': there is no such field; did you mean 'supply'?"),
    "mistyped field outside the tables": (
        "transportation", "m.toml", ("[options]", 'titel = "Beds"\n[options]'),
        "m.toml, field 'titel': there is no such field; did you mean 'title'?"),
    "mistyped table": (
        "transportation", "m.toml", ("[sources]", "[sorces]"),
        "m.toml, table [sorces]: there is no such table; did you mean 'sources'?"),
    "missing table": (
        "network", "m.toml", ('[arcs]\nfile = "arcs.csv"\nlower = "lower"\ncapacity = "capacity"\n', ""),
        "m.toml, table [arcs]: it is missing"),
    "missing field": (
        "transportation", "m.toml", ('key = "state"\n', ""), "m.toml, table [sources], field 'key': it is missing"),
    "field of the wrong type": (
        "transportation", "m.toml", ("whole = true", 'whole = "yes"'),
        "m.toml, table [options], field 'whole': it must be true or false, not 'yes'"),
    "a number for a name": (
        "transportation", "m.toml", ('supply = "places"', "supply = 3"),
        "m.toml, table [sources], field 'supply': it must be text, not 3"),
    "an empty name": (
        "transportation", "m.toml", ('supply = "places"', 'supply = ""'),
        "m.toml, table [sources], field 'supply': it is empty; name one"),
    "a value for a table": (
        "network", "m.toml", ('schema_version = 1\nkind = "network-flow"\nnodes = 3\n[arcs]\nfile = "arcs.csv"\n',),
        "m.toml, table [nodes]: it must be a table, not 3"),
    "unknown rule": (
        "transportation", "m.toml", ("whole = true", 'supply_rule = "maximum"'),
        "m.toml, table [options], field 'supply_rule': 'maximum' is not one of 'at-most', 'exactly' or 'none'"),
    "unknown sense": (
        "transportation", "m.toml", ("[options]", '[objective]\nsense = "least"\n[options]'),
        "m.toml, table [objective], field 'sense': 'least' is not one of 'min' or 'max'"),
    "unknown form of lanes": (
        "transportation", "m.toml", ('form = "table"', 'form = "list"'),
        "m.toml, table [lanes], field 'form': 'list' is not one of 'table', 'matrix', 'great-circle'"),
    "no form of lanes": (
        "transportation", "m.toml", ('form = "table"\n', ""),
        "m.toml, table [lanes], field 'form': it is missing; say 'table', 'matrix' or 'great-circle'"),
    "mistyped field of a form of lanes": (
        "globe", "m.toml", ("round = true", "rounded = true"),
        "m.toml, table [lanes], field 'rounded': there is no such field; did you mean 'round'?"),
    "unknown unit": (
        "transportation", "m.toml", ("[options]", '[units]\nquantities = "patients"\n[options]'),
        "m.toml, table [units], field 'quantities': there is no such field; did you mean 'quantity'?"),
    "unit of distance other than km": (
        "globe", "m.toml", ("[options]", '[units]\ndistance = "miles"\n[options]'),
        "m.toml, table [units], field 'distance': it is 'miles', but great-circle distances are in km; say 'km'"),
    "cost that distances in km cannot have": (
        "globe", "m.toml", ("[options]", '[units]\ncost = "EUR"\n[options]'),
        "m.toml, table [units], field 'cost': it is 'EUR', but great-circle distances are in km; say 'km', or give cost_per_km"),
    "great-circle lanes without latitudes": (
        "globe", "m.toml", ('latitude = "lat"\n', ""),
        "m.toml, table [sources], field 'latitude': it is missing; great-circle [lanes] need its column"),
    "maximum distance of zero": (
        "globe", "m.toml", ("round = true", "maximum_km = 0"),
        "m.toml, table [lanes], field 'maximum_km': it is 0; it must be above 0"),
    "negative budget": (
        "fair", "m.toml", ("cost_budget = 100", "cost_budget = -5"),
        "m.toml, table [options], field 'cost_budget': it is -5; it must be 0 or more"),
    "efficiency loss above one": (
        "fair", "m.toml", ("cost_budget = 100", "efficiency_loss = 5"),
        "m.toml, table [options], field 'efficiency_loss': it is 5; it must be 1 or less"),
    "infinite total": (
        "transportation", "m.toml", ("whole = true", "total = inf"),
        "m.toml, table [options], field 'total': it is inf; give a finite number"),
    "supply missing though its rule asks for it": (
        "transportation", "m.toml", ('supply = "places"\n', ""),
        "m.toml: supply is missing; give it, or set its rule to 'none'"),
    "a table that is given twice": (
        "transportation", "m.toml", ("[lanes]", "[targets]"),
        "m.toml, line 13, column 9: this is not TOML: Cannot declare ('targets',) twice"),
    "a table in a table": (
        "transportation", "m.toml", ("whole = true", "[options.more]"),
        "m.toml, table [options], field 'more': there is no such table; known: 'whole', "),
    "a price both as a column and as an option": (
        "transportation", "m.toml",
        (TRANSPORTATION.replace("whole = true", "unmet_cost = 3").replace("demand =", 'unmet_cost = "lat"\ndemand ='),),
        "m.toml, table [targets], field 'unmet_cost': it is also given in table [options]; keep one of the two"),
    "need without its criterion": (
        "fair", "m.toml", ('"min-variance"', '"need-deviation"'), "m.toml: the criterion 'need-deviation' needs"),
    "rows with half a relation": (
        "linear", "m.toml", ('relation = "is"\n', ""),
        "m.toml, table [rows]: relation and right_hand_side belong together; name both"),
    "rows with relation and bounds": (
        "linear", "m.toml", ('relation = "is"', 'relation = "is"\nlower = "limit"'),
        "m.toml, table [rows]: give relation and right_hand_side, or lower and upper, not both"),
    "coefficients without rows": (
        "linear", "m.toml",
        ('[rows]\nfile = "rows.csv"\nkey = "row"\nrelation = "is"\nright_hand_side = "limit"\n', ""),
        "m.toml, table [entries]: coefficients need rows; add the table [rows]"),
    # where the tables lie
    "missing file": (
        "transportation", "m.toml", ("rooms.csv", "room.csv"), "room.csv: there is no such file in "),
    "absolute path": (
        "transportation", "m.toml", ("rooms.csv", "/etc/hosts.csv"), "/etc/hosts.csv: the path leads outside the instance's folder"),
    "path of a drive": (
        "transportation", "m.toml", ('"rooms.csv"', "'C:\\rooms.csv'"), "C:\\rooms.csv: the path leads outside the instance's folder"),
    "path out of the folder": (
        "transportation", "m.toml", ("rooms.csv", "sub/../../rooms.csv"),
        "sub/../../rooms.csv: the path leads outside the instance's folder; put the table beside the manifest"),
    "path with a line break": (
        "transportation", "m.toml", ("rooms.csv", "rooms\\n.csv"), "'rooms\\n.csv': the name holds control characters"),
    "path out of the folder by backslashes": (
        "transportation", "m.toml", ('"rooms.csv"', "'..\\rooms.csv'"), "..\\rooms.csv: the path leads outside"),
    "a table of another kind of file": (
        "transportation", "m.toml", ("rooms.csv", "m.toml"), "m.toml: a table ends in .csv or .parquet, this in '.toml'"),
    "a folder for a table": (
        "transportation", "m.toml", ("rooms.csv", "."), ".: this is not a file"),
    # what a table is
    "empty file": ("transportation", "rooms.csv", ("",), "rooms.csv: the file is empty"),
    "file of blank lines": ("transportation", "rooms.csv", ("\n\n \n",), "rooms.csv: the file is empty"),
    "empty table": (
        "transportation", "rooms.csv", ("state,places,lat,lon\n",), "rooms.csv: the table has a header but no rows"),
    "text that is not UTF-8": (
        "transportation", "rooms.csv", (b"Bremen", b"Th\xfcringen"),
        "rooms.csv, row 2: byte 0xfc is not UTF-8 text; save the table as 'CSV UTF-8'"),
    "text in UTF-16": (
        "transportation", "rooms.csv", (TABLES["rooms.csv"].encode("utf-16"),), "rooms.csv: this is not UTF-8 text"),
    "binary file": ("transportation", "rooms.csv", (b"a\0\1\2",), "rooms.csv: this is not UTF-8 text"),
    "quote that is never closed": (
        "transportation", "rooms.csv", ("Berlin", '"Berlin'), "rooms.csv, row 3: a quote is opened here and never closed"),
    "quote that is never closed in the last column": (
        "transportation", "rooms.csv", ("13.4", '"13.4'), "rooms.csv, row 3: a quote is opened here and never closed"),
    "all separated by semicolons": (
        "transportation", "rooms.csv", ("state;places\nBremen;4\n",),
        "rooms.csv, row 1: the columns are separated by ';', not by ','; say separator = \";\" in the manifest's table"),
    "all separated by tabs": (
        "transportation", "rooms.csv", ("state\tplaces\nBremen\t4\n",),
        "rooms.csv, row 1: the columns are separated by tabs, not by ','; say separator = \"\\t\" in"),
    "mixed separators": (
        "transportation", "rooms.csv", ("Berlin,9,52.5,13.4", "Berlin;9;52.5;13.4"),
        "rooms.csv, row 3: the row is separated by ';', the header by ','; use one throughout"),
    "semicolons in a header above commas": (
        "transportation", "rooms.csv", ("state,places,lat,lon", "state;places;lat;lon"),
        "rooms.csv, row 1: the header is separated by ';', row 2 is not; use one throughout"),
    "commas though the manifest says semicolons": (
        "transportation", "m.toml", ('file = "rooms.csv"', 'file = "rooms.csv"\nseparator = ";"'),
        "rooms.csv, row 1: the columns are separated by ',', not by ';'; say separator = \",\" in"),
    "unknown separator": (
        "transportation", "m.toml", ('file = "rooms.csv"', 'file = "rooms.csv"\nseparator = "|"'),
        "m.toml, table [sources], field 'separator': '|' is not one of"),
    "unquoted decimal comma": (
        "transportation", "rooms.csv", ("52.5", "52,5"),
        "rooms.csv, row 3: the row has 5 values, the header names 4; put text with commas in quotes"),
    "quoted decimal comma": (
        "transportation", "rooms.csv", ("Berlin,9", 'Berlin,"9,5"'),
        "rooms.csv, row 3, column 'places': '9,5' has a comma; write a decimal point"),
    "truncated file": (
        "transportation", "rooms.csv", ("Hessen,0,50.1,8.2\n", "Hes"),
        "rooms.csv, row 4: the row has 1 value, the header names 4; it is the last row: is the file cut short?"),
    "row that is too short": (
        "transportation", "lanes.csv", ("Berlin,Hamburg,255,inf", "Berlin,Hamburg,255"),
        "lanes.csv, row 3: the row has 3 values, the header names 4; give every row the same columns"),
    # columns and keys
    "missing column": (
        "transportation", "rooms.csv", ("places", "free"), "rooms.csv, row 1: there is no column 'places'; known: 'state', 'free'"),
    "mistyped column": (
        "transportation", "lanes.csv", ("target", " Target"),
        "lanes.csv, row 1: there is no column 'target'; did you mean ' Target'?"),
    "repeated column": (
        "transportation", "rooms.csv", ("lat", "places"), "rooms.csv, row 1: column 'places' appears twice"),
    "duplicate key": (
        "transportation", "rooms.csv", ("Hessen", "Bremen"),
        "rooms.csv, row 4, column 'state': the source 'Bremen' appears twice (first in row 2); keys must be unique"),
    "empty key": (
        "transportation", "patients.csv", ("Bayern", ""), "patients.csv, row 3, column 'state': it is empty; give a target"),
    "blank line between rows": (
        "transportation", "patients.csv", ("Bayern", "\nBayern"), "patients.csv, row 3, column 'state': it is empty; give a target"),
    "unknown key in a lane": (
        "transportation", "lanes.csv", ("Berlin,Bayern", "Berlin,Bayren"),
        "lanes.csv, row 4, column 'target': 'Bayren' is not a target; did you mean 'Bayern'?"),
    "key with a space too many": (
        "transportation", "lanes.csv", ("Bremen,", "Bremen ,"),
        "lanes.csv, row 2, column 'source': 'Bremen ' is not a source; did you mean 'Bremen'?"),
    "lane given twice": (
        "transportation", "lanes.csv", ("Berlin,Bayern", "Bremen,Hamburg"),
        "lanes.csv, row 4: this lane is given twice (first in row 2); keep one"),
    # numbers
    "negative supply": (
        "transportation", "rooms.csv", ("Berlin,9", "Berlin,-3"), "rooms.csv, row 3, column 'places': it is -3; it must be 0 or more"),
    "NaN": (
        "transportation", "rooms.csv", ("Berlin,9", "Berlin,NaN"), "rooms.csv, row 3, column 'places': it is nan; give a number"),
    "infinite supply": (
        "transportation", "rooms.csv", ("Berlin,9", "Berlin,inf"), "rooms.csv, row 3, column 'places': it is inf; give a finite number"),
    "number too large to hold": (
        "transportation", "lanes.csv", ("255", "1e999"), "lanes.csv, row 3, column 'cost': it is inf; give a finite number"),
    "text in a number": (
        "transportation", "rooms.csv", ("Berlin,9", "Berlin,nine"), "rooms.csv, row 3, column 'places': 'nine' is not a number"),
    "number with a unit": (
        "transportation", "lanes.csv", ("504", "504 km"), "lanes.csv, row 4, column 'cost': '504 km' is not a number"),
    "number with an underscore": (
        "transportation", "lanes.csv", ("504", "5_04"), "lanes.csv, row 4, column 'cost': '5_04' is not a number"),
    "empty number": (
        "transportation", "rooms.csv", ("Berlin,9", "Berlin, "), "rooms.csv, row 3, column 'places': it is empty; give a number"),
    "part of a whole quantity": (
        "transportation", "patients.csv", ("Bayern,3", "Bayern,3.5"),
        "patients.csv, row 3, column 'patients': it is 3.5; whole quantities need a whole number here"),
    "negative lane capacity": (
        "transportation", "lanes.csv", ("95,9", "95,-9"), "lanes.csv, row 2, column 'most': it is -9; it must be 0 or more"),
    "infinite cost": (
        "transportation", "lanes.csv", ("95,9", "-inf,9"), "lanes.csv, row 2, column 'cost': it is -inf; give a finite number"),
    "place off the globe": (
        "globe", "patients.csv", ("48.1", "148.1"), "patients.csv, row 3, column 'lat': it is 148.1; it must be 90 or less"),
    "longitude off the globe": (
        "globe", "rooms.csv", ("13.4", "-213.4"), "rooms.csv, row 3, column 'lon': it is -213.4; it must be -180 or more"),
    "negative cost under a budget": (
        "fair", "l.csv", ("p,x,4", "p,x,-4"), "l.csv, row 2, column 'cost': it is -4; it must be 0 or more"),
    "priority class zero": (
        "assignment", "patients.csv", ("Bo,2", "Bo,0"), "patients.csv, row 3, column 'class': it is 0; it must be 1 or more"),
    # matrices
    "matrix with an unknown column": (
        "matrix", "lanes.csv", ("Bayern", "Bayren"), "lanes.csv, row 1: column 'Bayren' is not a target; did you mean 'Bayern'?"),
    "matrix with a repeated column": (
        "matrix", "lanes.csv", ("Bayern", "Hamburg"), "lanes.csv, row 1: the target 'Hamburg' has two columns"),
    "matrix without a column": (
        "assignment", "pairs.csv", ("bed,Ada\n1,5\n2,7\n",), "pairs.csv, row 1: there is no column for the task 'Bo'"),
    "matrix without a row": (
        "matrix", "lanes.csv", ("Hessen,,\n", ""), "lanes.csv: there is no row for the source 'Hessen'"),
    "matrix with an unknown row": (
        "assignment", "pairs.csv", ("\n2,", "\n3,"), "pairs.csv, row 3, column 'bed': '3' is not an agent; known: '1', '2'"),
    "matrix with a repeated row": (
        "matrix", "lanes.csv", ("Hessen", "Berlin"),
        "lanes.csv, row 4, column 'state': the source 'Berlin' appears twice (first in row 3)"),
    "text in a matrix": (
        "matrix", "lanes.csv", ("504", "far"), "lanes.csv, row 3, column 'Bayern': 'far' is not a number"),
    "a lane without its capacity": (
        "matrix", "most.csv", ("Berlin,9", "Berlin,"),
        "most.csv: the cell of source 'Berlin' and target 'Hamburg' is empty here but filled in lanes.csv"),
    "a capacity without its lane": (
        "matrix", "lanes.csv", ("255", ""),
        "lanes.csv: the cell of source 'Berlin' and target 'Hamburg' is empty here but filled in most.csv"),
    "part of a whole lane capacity": (
        "matrix", "most.csv", ("Bremen,9", "Bremen,9.5"),
        "most.csv, row 2, column 'Hamburg': it is 9.5; whole quantities need a whole number here"),
    # networks and linear problems
    "arc to an unknown node": (
        "network", "arcs.csv", ("a,b", "a,z"), "arcs.csv, row 2, column 'target': 'z' is not a node; known: 'a', 'b'"),
    "arc that must carry more than it may": (
        "network", "arcs.csv", ("1,0,5", "1,6,5"), "arcs.csv, row 2: it is at least 6 but at most 5"),
    "node with part of a whole balance": (
        "network", "nodes.csv", ("-3", "-2.5"), "nodes.csv, row 3, column 'balance': it is -2.5; whole quantities"),
    "crossed bounds": ("linear", "columns.csv", ("0,5", "6,5"), "columns.csv, row 2: it is at least 6 but at most 5"),
    "unknown relation": (
        "linear", "rows.csv", ("<=", "<"), "rows.csv, row 2, column 'is': '<' is not one of <=, =, >="),
    "neither true nor false": (
        "linear", "columns.csv", ("true", "maybe"), "columns.csv, row 2, column 'whole': 'maybe' is not one of true, false"),
    "coefficient given twice": (
        "linear", "entries.csv", ("staff,y", "staff,x"), "entries.csv, row 3: this coefficient is given twice (first in row 2)"),
    "coefficient of an unknown row": (
        "linear", "entries.csv", ("staff,y", "stuff,y"), "entries.csv, row 3, column 'row': 'stuff' is not a row; did you mean 'staff'?"),
    # programmes
    "a programme for a group that is not there": (
        "programmes", "programmes.csv", ("valve,heart", "valve,hart"), "programmes.csv, row 3, column 'group': 'hart' is not a group; did you mean 'heart'?"),
    "a negative cost": (
        "programmes", "programmes.csv", ("5,3,0", "5,-3,0"), "programmes.csv, row 3, column 'cost': it is -3; it must be 0 or more"),
    "a group with nobody": (
        "programmes", "groups.csv", ("heart,10", "heart,0"), "groups.csv, row 3, column 'people': it is 0; a group needs somebody, so leave it out"),
    "a group of fewer than nobody": (
        "programmes", "groups.csv", ("heart,10", "heart,-1"), "groups.csv, row 3, column 'people': it is -1; it must be 0 or more"),
    "a share beyond the whole": (
        "programmes", "programmes.csv", ("1,0,1", "1,0,2"), "programmes.csv, row 2, column 'high': it is 2; it must be 1 or less"),
    "a part of a whole programme required": (
        "programmes", "programmes.csv", ("1,0,1", "1,0.5,1"), "programmes.csv, row 2, column 'low': it is 0.5; whole quantities need a whole number"),
    "required and forbidden": (
        "programmes", "programmes.csv", ("1,0,1", "1,1,0"), "programmes.csv, row 2: the share is at least 1 but at most 0"),
    "a benefit that is no number": (
        "programmes", "programmes.csv", ("heart,5", "heart,much"), "programmes.csv, row 3, column 'benefit': 'much' is not a number"),
    "no size of groups": (
        "programmes", "m.toml", ('size = "people"\n', ""), "m.toml, table [groups], field 'size': it is missing"),
    "a negative budget": (
        "programmes", "m.toml", ("budget = 60", "budget = -6"), "m.toml, table [options], field 'budget': it is -6; it must be 0 or more"),
    "costs without a budget": (
        "programmes", "m.toml", ("budget = 60\n", ""), "m.toml, table [programmes], field 'cost': costs need a budget; give it in table [options]"),
    "a budget without costs": (
        "programmes", "m.toml", ('cost = "cost"\n', ""), "m.toml, table [options], field 'budget': a budget needs costs; name their column in table [programmes]"),
    "one budget and several": (
        "cost list", "m.toml", ("[groups]", "[options]\nbudget = 6\n[groups]"), "m.toml, table [options], field 'budget': there is also a table [budgets]; keep one of the two"),
    "costs in two places": (
        "cost list", "m.toml", ('lower = "low"', 'lower = "low"\ncost = "cost"'), "m.toml, table [programmes], field 'cost': costs of several budgets stand in table [costs]"),
    "costs by budget without budgets": (
        "cost list", "m.toml", ('[budgets]\nfile = "budgets.csv"\nkey = "budget"\nlimit = "limit"\n', ""), "m.toml, table [costs]: costs by budget need the table [budgets]"),
    "a cost in no budget": (
        "cost list", "costs.csv", ("valve,money", "valve,mony"), "costs.csv, row 3, column 'budget': 'mony' is not a budget; did you mean 'money'?"),
    "a cost given twice": (
        "cost list", "costs.csv", ("valve,money", "hip,money"), "costs.csv, row 3: this cost is given twice (first in row 2)"),
    "no form of costs": (
        "cost list", "m.toml", ('form = "table"\n', ""), "m.toml, table [costs], field 'form': it is missing; say 'table' or 'matrix'"),
    "an unknown form of costs": (
        "cost list", "m.toml", ('form = "table"', 'form = "list"'), "m.toml, table [costs], field 'form': 'list' is not one of 'table', 'matrix'"),
    "a mistyped field of costs": (
        "cost list", "m.toml", ('form = "table"', 'form = "table"\nprogram = "x"'), "m.toml, table [costs], field 'program': there is no such field; did you mean 'programme'?"),
    "a cost matrix without a budget's column": (
        "cost matrix", "costs.csv", ("programme,money,staff\nhip,1,\nvalve,3,0.4", "programme,money\nhip,1\nvalve,3"), "costs.csv, row 1: there is no column for the budget 'staff'"),
    "a negative cost in a matrix": (
        "cost matrix", "costs.csv", ("0.4", "-0.4"), "costs.csv, row 3, column 'staff': it is -0.4; it must be 0 or more"),
    "a minimised benefit": (
        "programmes", "m.toml", ("[options]", '[objective]\nsense = "min"\n[options]'), "m.toml, table [objective], field 'sense': 'min' is not one of 'max'"),
    # uncertain demand
    "probabilities that miss one": (
        "scenario matrix", "likely.csv", ("surge,0.4", "surge,0.3"), "likely.csv, column 'probability': the probabilities of 2 scenarios add up to 0.9, not to 1"),
    "a negative probability": (
        "scenario matrix", "likely.csv", ("surge,0.4", "surge,-0.4"), "likely.csv, row 3, column 'probability': it is -0.4; it must be 0 or more"),
    "a scenario without demand": (
        "scenario matrix", "scenarios.csv", ("surge,4,6\n", ""), "scenarios.csv: there is no row for the scenario 'surge'"),
    "an unknown scenario": (
        "scenario matrix", "scenarios.csv", ("surge", "srge"), "scenarios.csv, row 3, column 'scenario': 'srge' is not a scenario; did you mean 'surge'?"),
    "negative demand in a scenario": (
        "scenario matrix", "scenarios.csv", ("surge,4,6", "surge,4,-6"), "scenarios.csv, row 3, column 'B': it is -6; it must be 0 or more"),
    "an empty demand in a scenario": (
        "scenario matrix", "scenarios.csv", ("surge,4,6", "surge,4,"), "scenarios.csv: demand of target 'B' in scenario 'surge' is missing; fill its cell"),
    "a demand left out of a list": (
        "scenario list", "list.csv", ("surge,B,6\n", ""), "list.csv: demand of target 'B' in scenario 'surge' is missing; add a row for it"),
    "a demand twice in a list": (
        "scenario list", "list.csv", ("surge,B,6", "surge,A,6"), "list.csv, row 5: this demand is given twice (first in row 4); keep one"),
    "a target that is none in a list": (
        "scenario list", "list.csv", ("surge,B,6", "surge,C,6"), "list.csv, row 5, column 'target': 'C' is not a target; known: 'A', 'B'"),
    "a quantile that is none": (
        "scenario list", "m.toml", ('file = "list.csv"', 'file = "list.csv"\nquantile = 1.5'), "m.toml, table [demand], field 'quantile': it is 1.5; it must be below 1"),
    "a form of demand that is none": (
        "scenario list", "m.toml", ('"scenario-table"', '"scenario"'), "m.toml, table [demand], field 'form': 'scenario' is not one of 'point', "),
    "probabilities without scenarios": (
        "scenario list", "m.toml", ('form = "scenario-table"\nfile = "list.csv"', 'form = "point"\ndemand = "nominal"'), "m.toml, table [probabilities]: probabilities need scenarios; leave the table out"),
    "no unmet cost": (
        "scenario list", "m.toml", ('unmet_cost = "unmet"\n', ""), "m.toml, table [targets], field 'unmet_cost': it is missing; name its column, or give one number in table [options]"),
    "a deviation below nothing": (
        "interval", "wards.csv", ("A,5,3,1,2", "A,5,3,4,2"), "wards.csv, row 2, column 'downward': demand is 3 and may be 4 lower; it must not fall below 0"),
    "a negative deviation": (
        "interval", "wards.csv", ("A,5,3,1,2", "A,5,3,1,-2"), "wards.csv, row 2, column 'upward': it is -2; it must be 0 or more"),
    "a budget above the targets": (
        "interval", "m.toml", ("budget = 1.5", "budget = 2.5"), "m.toml, table [demand], field 'budget': the budget of uncertainty is 2.5; it must be from 0 to 2, the targets"),
    "a negative budget of uncertainty": (
        "interval", "m.toml", ("budget = 1.5", "budget = -1.0"), "m.toml, table [demand], field 'budget': it is -1; it must be 0 or more"),
    "an interval by its mean": (
        "interval", "m.toml", ("[demand]", '[options]\nmeasure = "cvar"\n[demand]'), "m.toml: an interval of demand has no probabilities, which 'cvar' needs; take 'worst-case', or give scenarios"),
}  # fmt: skip
