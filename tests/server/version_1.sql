BEGIN TRANSACTION;
CREATE TABLE agent (
	id TEXT NOT NULL,
	created TEXT NOT NULL,
	updated TEXT NOT NULL,
	tenant_id TEXT NOT NULL,
	name TEXT,
	type TEXT,
	core_version TEXT,
	labels TEXT NOT NULL,
	last_queried TEXT,
	PRIMARY KEY (id),
	FOREIGN KEY(tenant_id) REFERENCES tenant (id) ON DELETE CASCADE
);
CREATE TABLE edge (
	id TEXT NOT NULL,
	created TEXT NOT NULL,
	updated TEXT NOT NULL,
	flow_id TEXT NOT NULL,
	upstream_task_id TEXT NOT NULL,
	downstream_task_id TEXT NOT NULL,
	"key" TEXT,
	mapped BOOLEAN NOT NULL,
	PRIMARY KEY (id),
	FOREIGN KEY(flow_id) REFERENCES flow (id) ON DELETE CASCADE,
	FOREIGN KEY(upstream_task_id) REFERENCES task (id) ON DELETE CASCADE,
	FOREIGN KEY(downstream_task_id) REFERENCES task (id) ON DELETE CASCADE
);
CREATE TABLE flow (
	id TEXT NOT NULL,
	created TEXT NOT NULL,
	updated TEXT NOT NULL,
	tenant_id TEXT NOT NULL,
	project_id TEXT NOT NULL,
	flow_group_id TEXT NOT NULL,
	version_group_id TEXT NOT NULL,
	name TEXT NOT NULL,
	version INTEGER NOT NULL,
	archived BOOLEAN NOT NULL,
	description TEXT,
	environment TEXT,
	run_config TEXT,
	storage TEXT NOT NULL,
	parameters TEXT NOT NULL,
	settings TEXT NOT NULL,
	schedule TEXT,
	is_schedule_active BOOLEAN NOT NULL,
	core_version TEXT,
	serialized_flow TEXT NOT NULL,
	PRIMARY KEY (id),
	UNIQUE (flow_group_id, version),
	FOREIGN KEY(tenant_id) REFERENCES tenant (id) ON DELETE CASCADE,
	FOREIGN KEY(project_id) REFERENCES project (id) ON DELETE CASCADE,
	FOREIGN KEY(flow_group_id) REFERENCES flow_group (id) ON DELETE CASCADE
);
INSERT INTO "flow" VALUES('af1a89db-d0d0-4de5-8161-22f4a00e964d','2026-11-22T18:31:35.578201+00:00','2026-11-22T18:31:35.578201+00:00','fedd214d-9b21-4672-bf7e-154b63091270','e8bb5de2-0dc2-4b86-8d61-d1367240e9e3','b46e5507-27a1-41d5-bc7c-4643f7a27fe9','e679591a-9ae6-4dfc-accd-240befb45347','old',1,0,NULL,NULL,NULL,'{}','[]','{"heartbeat_enabled":true}',NULL,0,'1.1.0','{"name":"old","type":"prefect.core.flow.Flow","schedule":null,"parameters":[],"tasks":[{"type":"prefect.tasks.core.function.FunctionTask","name":"say","slug":"say-1","tags":[],"max_retries":0,"retry_delay":null,"inputs":{},"outputs":"typing.Any","timeout":null,"trigger":{"fn":"prefect.triggers.all_successful","kwargs":{}},"skip_on_upstream_skip":true,"cache_for":null,"cache_key":null,"cache_validator":{"fn":"prefect.engine.cache_validators.never_use","kwargs":{}},"auto_generated":false,"__version__":"1.1.0"}],"edges":[],"reference_tasks":[],"run_config":null,"__version__":"1.1.0","storage":null}');
CREATE TABLE flow_group (
	id TEXT NOT NULL,
	created TEXT NOT NULL,
	updated TEXT NOT NULL,
	tenant_id TEXT NOT NULL,
	name TEXT NOT NULL,
	settings TEXT NOT NULL,
	labels TEXT,
	default_parameters TEXT,
	schedule TEXT,
	run_config TEXT,
	PRIMARY KEY (id),
	UNIQUE (tenant_id, name),
	FOREIGN KEY(tenant_id) REFERENCES tenant (id) ON DELETE CASCADE
);
INSERT INTO "flow_group" VALUES('b46e5507-27a1-41d5-bc7c-4643f7a27fe9','2026-11-22T18:31:35.564968+00:00','2026-11-22T18:31:35.572355+00:00','fedd214d-9b21-4672-bf7e-154b63091270','e679591a-9ae6-4dfc-accd-240befb45347','{"heartbeat_enabled":true,"lazarus_enabled":true,"version_locking_enabled":false,"idempotency_key":null}',NULL,NULL,NULL,NULL);
CREATE TABLE flow_run (
	id TEXT NOT NULL,
	created TEXT NOT NULL,
	updated TEXT NOT NULL,
	tenant_id TEXT NOT NULL,
	flow_id TEXT NOT NULL,
	name TEXT NOT NULL,
	version INTEGER NOT NULL,
	state TEXT NOT NULL,
	serialized_state TEXT NOT NULL,
	state_timestamp TEXT NOT NULL,
	state_message TEXT,
	state_start_time TEXT,
	start_time TEXT,
	end_time TEXT,
	heartbeat TEXT,
	scheduled_start_time TEXT NOT NULL,
	auto_scheduled BOOLEAN NOT NULL,
	parameters TEXT NOT NULL,
	context TEXT NOT NULL,
	labels TEXT NOT NULL,
	run_config TEXT,
	idempotency_key TEXT,
	agent_id TEXT,
	times_resurrected INTEGER NOT NULL,
	PRIMARY KEY (id),
	UNIQUE (flow_id, idempotency_key),
	FOREIGN KEY(tenant_id) REFERENCES tenant (id) ON DELETE CASCADE,
	FOREIGN KEY(flow_id) REFERENCES flow (id) ON DELETE CASCADE
);
INSERT INTO "flow_run" VALUES('ba05a9bd-4a61-4a95-9cba-5d78b86ba234','2026-11-22T18:31:35.604828+00:00','2026-11-22T18:31:35.629969+00:00','fedd214d-9b21-4672-bf7e-154b63091270','af1a89db-d0d0-4de5-8161-22f4a00e964d','first',1,'Scheduled','{"type":"Scheduled","message":"Flow run scheduled.","start_time":"2026-11-22T18:31:35.604740+00:00"}','2026-11-22T18:31:35.604828+00:00','Flow run scheduled.','2026-11-22T18:31:35.604740+00:00',NULL,NULL,NULL,'2026-11-22T18:31:35.604740+00:00',0,'{}','{}','[]',NULL,NULL,NULL,0);
CREATE TABLE flow_run_state (
	id INTEGER NOT NULL,
	flow_run_id TEXT NOT NULL,
	created TEXT NOT NULL,
	timestamp TEXT NOT NULL,
	version INTEGER NOT NULL,
	state TEXT NOT NULL,
	message TEXT,
	start_time TEXT,
	serialized_state TEXT NOT NULL,
	PRIMARY KEY (id),
	FOREIGN KEY(flow_run_id) REFERENCES flow_run (id) ON DELETE CASCADE
);
INSERT INTO "flow_run_state" VALUES(1,'ba05a9bd-4a61-4a95-9cba-5d78b86ba234','2026-11-22T18:31:35.604828+00:00','2026-11-22T18:31:35.604828+00:00',1,'Scheduled','Flow run scheduled.','2026-11-22T18:31:35.604740+00:00','{"type":"Scheduled","message":"Flow run scheduled.","start_time":"2026-11-22T18:31:35.604740+00:00"}');
CREATE TABLE log (
	id INTEGER NOT NULL,
	created TEXT NOT NULL,
	flow_run_id TEXT NOT NULL,
	task_run_id TEXT,
	timestamp TEXT NOT NULL,
	name TEXT,
	level TEXT NOT NULL,
	message TEXT,
	info TEXT,
	PRIMARY KEY (id),
	FOREIGN KEY(flow_run_id) REFERENCES flow_run (id) ON DELETE CASCADE,
	FOREIGN KEY(task_run_id) REFERENCES task_run (id) ON DELETE CASCADE
);
INSERT INTO "log" VALUES(1,'2026-11-22T18:31:35.628519+00:00','ba05a9bd-4a61-4a95-9cba-5d78b86ba234',NULL,'2026-11-22T18:31:35.628544+00:00',NULL,'INFO','line',NULL);
CREATE TABLE project (
	id TEXT NOT NULL,
	created TEXT NOT NULL,
	updated TEXT NOT NULL,
	tenant_id TEXT NOT NULL,
	name TEXT NOT NULL,
	description TEXT,
	PRIMARY KEY (id),
	UNIQUE (tenant_id, name),
	FOREIGN KEY(tenant_id) REFERENCES tenant (id) ON DELETE CASCADE
);
INSERT INTO "project" VALUES('e8bb5de2-0dc2-4b86-8d61-d1367240e9e3','2026-11-22T18:31:35.547160+00:00','2026-11-22T18:31:35.547160+00:00','fedd214d-9b21-4672-bf7e-154b63091270','demo',NULL);
CREATE TABLE schema_migration (version INTEGER PRIMARY KEY, applied TEXT);
INSERT INTO "schema_migration" VALUES(1,'2026-11-22T18:31:35.296227+00:00');
CREATE TABLE task (
	id TEXT NOT NULL,
	created TEXT NOT NULL,
	updated TEXT NOT NULL,
	flow_id TEXT NOT NULL,
	slug TEXT NOT NULL,
	name TEXT,
	description TEXT,
	type TEXT,
	max_retries INTEGER,
	retry_delay INTEGER,
	cache_key TEXT,
	"trigger" TEXT,
	tags TEXT,
	auto_generated BOOLEAN NOT NULL,
	mapped BOOLEAN NOT NULL,
	PRIMARY KEY (id),
	UNIQUE (flow_id, slug),
	FOREIGN KEY(flow_id) REFERENCES flow (id) ON DELETE CASCADE
);
INSERT INTO "task" VALUES('a7b17d58-916c-44e4-991a-16e5675831c6','2026-11-22T18:31:35.581422+00:00','2026-11-22T18:31:35.581422+00:00','af1a89db-d0d0-4de5-8161-22f4a00e964d','say-1','say',NULL,'prefect.tasks.core.function.FunctionTask',0,NULL,NULL,'{"fn":"prefect.triggers.all_successful","kwargs":{}}','[]',0,0);
CREATE TABLE task_run (
	id TEXT NOT NULL,
	created TEXT NOT NULL,
	updated TEXT NOT NULL,
	flow_run_id TEXT NOT NULL,
	task_id TEXT NOT NULL,
	name TEXT,
	map_index INTEGER NOT NULL,
	version INTEGER NOT NULL,
	state TEXT NOT NULL,
	serialized_state TEXT NOT NULL,
	state_timestamp TEXT NOT NULL,
	state_message TEXT,
	state_start_time TEXT,
	start_time TEXT,
	end_time TEXT,
	heartbeat TEXT,
	cache_key TEXT,
	PRIMARY KEY (id),
	UNIQUE (task_id, flow_run_id, map_index),
	FOREIGN KEY(flow_run_id) REFERENCES flow_run (id) ON DELETE CASCADE,
	FOREIGN KEY(task_id) REFERENCES task (id) ON DELETE CASCADE
);
INSERT INTO "task_run" VALUES('1e28da8e-9cb5-4794-b722-18c9ff080260','2026-11-22T18:31:35.609692+00:00','2026-11-22T18:31:35.609640+00:00','ba05a9bd-4a61-4a95-9cba-5d78b86ba234','a7b17d58-916c-44e4-991a-16e5675831c6',NULL,-1,1,'Pending','{"type":"Pending","message":"Task run created"}','2026-11-22T18:31:35.609640+00:00','Task run created',NULL,NULL,NULL,NULL,NULL);
CREATE TABLE task_run_artifact (
	id TEXT NOT NULL,
	created TEXT NOT NULL,
	updated TEXT NOT NULL,
	task_run_id TEXT NOT NULL,
	kind TEXT,
	data TEXT,
	PRIMARY KEY (id),
	FOREIGN KEY(task_run_id) REFERENCES task_run (id) ON DELETE CASCADE
);
CREATE TABLE task_run_state (
	id INTEGER NOT NULL,
	task_run_id TEXT NOT NULL,
	created TEXT NOT NULL,
	timestamp TEXT NOT NULL,
	version INTEGER NOT NULL,
	state TEXT NOT NULL,
	message TEXT,
	start_time TEXT,
	serialized_state TEXT NOT NULL,
	PRIMARY KEY (id),
	FOREIGN KEY(task_run_id) REFERENCES task_run (id) ON DELETE CASCADE
);
INSERT INTO "task_run_state" VALUES(1,'1e28da8e-9cb5-4794-b722-18c9ff080260','2026-11-22T18:31:35.609640+00:00','2026-11-22T18:31:35.609640+00:00',1,'Pending','Task run created',NULL,'{"type":"Pending","message":"Task run created"}');
CREATE TABLE tenant (
	id TEXT NOT NULL,
	created TEXT NOT NULL,
	updated TEXT NOT NULL,
	name TEXT NOT NULL,
	slug TEXT NOT NULL,
	PRIMARY KEY (id),
	UNIQUE (slug)
);
INSERT INTO "tenant" VALUES('fedd214d-9b21-4672-bf7e-154b63091270','2026-11-22T18:31:35.297699+00:00','2026-11-22T18:31:35.297699+00:00','default','default');
CREATE INDEX ix_agent_tenant ON agent (tenant_id);
CREATE INDEX ix_flow_project ON flow (project_id, name, version);
CREATE INDEX ix_flow_name ON flow (name, version);
CREATE INDEX ix_flow_created ON flow (created);
CREATE INDEX ix_task_created ON task (created);
CREATE INDEX ix_task_name ON task (name);
CREATE INDEX ix_flow_run_created ON flow_run (created);
CREATE INDEX ix_flow_run_started ON flow_run (start_time);
CREATE INDEX ix_flow_run_due ON flow_run (state_start_time) WHERE state_start_time IS NOT NULL;
CREATE INDEX ix_flow_run_name ON flow_run (name);
CREATE INDEX ix_flow_run_state ON flow_run (state, state_timestamp);
CREATE INDEX ix_flow_run_flow ON flow_run (flow_id, created);
CREATE INDEX ix_edge_downstream ON edge (downstream_task_id);
CREATE INDEX ix_edge_flow ON edge (flow_id);
CREATE INDEX ix_edge_upstream ON edge (upstream_task_id);
CREATE INDEX ix_task_run_state ON task_run (state, state_timestamp);
CREATE INDEX ix_task_run_due ON task_run (state_start_time) WHERE state_start_time IS NOT NULL;
CREATE INDEX ix_task_run_flow_run ON task_run (flow_run_id, map_index);
CREATE INDEX ix_task_run_cache_key ON task_run (cache_key) WHERE cache_key IS NOT NULL;
CREATE INDEX ix_flow_run_state_run ON flow_run_state (flow_run_id);
CREATE INDEX ix_task_run_state_run ON task_run_state (task_run_id);
CREATE INDEX ix_task_run_artifact_run ON task_run_artifact (task_run_id);
CREATE INDEX ix_log_flow_run ON log (flow_run_id, timestamp);
CREATE INDEX ix_log_task_run ON log (task_run_id) WHERE task_run_id IS NOT NULL;
COMMIT;
