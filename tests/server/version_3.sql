-- A database of schema version 3: a project, an agent, a flow with a mapped task, and two runs.
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
INSERT INTO "agent" VALUES('a4e708c7-fc1f-4fd4-aa72-1f8cb21ab551','2026-11-26T21:10:20.798979+00:00','2026-11-26T21:10:20.798979+00:00','cabbed2f-a3cb-4182-9f50-40d058aee2d3','a','LocalAgent',NULL,'["l"]',NULL);
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
INSERT INTO "edge" VALUES('4c0a8c16-540b-4e02-9660-a2697256a02c','2026-11-26T21:10:20.775191+00:00','2026-11-26T21:10:20.775191+00:00','7c4ec2ea-34dc-4d23-8b2f-93e44ead111f','62396892-bc24-45c7-8f5a-9cf0a0358a0d','1412252c-cdda-46a5-a908-9bca986826c1','x',1);
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
	is_schedule_active BOOLEAN NOT NULL, 
	description TEXT, 
	core_version TEXT, 
	environment TEXT, 
	run_config TEXT, 
	schedule TEXT, 
	storage TEXT NOT NULL, 
	parameters TEXT NOT NULL, 
	settings TEXT NOT NULL, 
	serialized_flow TEXT NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (flow_group_id, version), 
	FOREIGN KEY(tenant_id) REFERENCES tenant (id) ON DELETE CASCADE, 
	FOREIGN KEY(project_id) REFERENCES project (id) ON DELETE CASCADE, 
	FOREIGN KEY(flow_group_id) REFERENCES flow_group (id) ON DELETE CASCADE
);
INSERT INTO "flow" VALUES('7c4ec2ea-34dc-4d23-8b2f-93e44ead111f','2026-11-26T21:10:20.768375+00:00','2026-11-26T21:10:20.768375+00:00','cabbed2f-a3cb-4182-9f50-40d058aee2d3','78ab4817-4e35-423c-9bbc-3f48abc655c0','3244523f-452a-4293-98e7-b23dd7eb4d6d','5a1c1004-17d6-4451-a95f-21e740c0ed6f','old',1,0,0,NULL,'1.1.0',NULL,NULL,NULL,'{"flows":{},"secrets":[],"module":"old:flow","__version__":"1.1.0","type":"Module"}','[]','{"heartbeat_enabled":true}','{"name":"old","type":"prefect.core.flow.Flow","schedule":null,"parameters":[],"tasks":[{"type":"prefect.tasks.core.function.FunctionTask","name":"each","slug":"each-1","tags":[],"max_retries":0,"retry_delay":null,"inputs":{"x":{"required":true,"type":"typing.Any"}},"outputs":"typing.Any","timeout":null,"trigger":{"fn":"prefect.triggers.all_successful","kwargs":{}},"skip_on_upstream_skip":true,"cache_for":null,"cache_key":null,"cache_validator":{"fn":"prefect.engine.cache_validators.never_use","kwargs":{}},"auto_generated":false,"__version__":"1.1.0"},{"type":"prefect.tasks.core.function.FunctionTask","name":"say","slug":"say-1","tags":[],"max_retries":2,"retry_delay":90,"inputs":{"x":{"required":true,"type":"typing.Any"}},"outputs":"typing.Any","timeout":null,"trigger":{"fn":"prefect.triggers.all_successful","kwargs":{}},"skip_on_upstream_skip":true,"cache_for":null,"cache_key":null,"cache_validator":{"fn":"prefect.engine.cache_validators.never_use","kwargs":{}},"auto_generated":false,"__version__":"1.1.0"}],"edges":[{"upstream_task":{"slug":"say-1","__version__":"1.1.0"},"downstream_task":{"slug":"each-1","__version__":"1.1.0"},"key":"x","mapped":true,"flattened":false,"__version__":"1.1.0"}],"reference_tasks":[],"run_config":null,"__version__":"1.1.0","storage":{"flows":{},"secrets":[],"module":"old:flow","__version__":"1.1.0","type":"Module"}}');
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
INSERT INTO "flow_group" VALUES('3244523f-452a-4293-98e7-b23dd7eb4d6d','2026-11-26T21:10:20.762082+00:00','2026-11-26T21:10:20.766070+00:00','cabbed2f-a3cb-4182-9f50-40d058aee2d3','5a1c1004-17d6-4451-a95f-21e740c0ed6f','{"heartbeat_enabled":true,"lazarus_enabled":true,"version_locking_enabled":false,"idempotency_key":null}',NULL,NULL,NULL,NULL);
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
INSERT INTO "flow_run" VALUES('fc32a56a-8cb2-4d1a-b2ec-c18744681245','2026-11-26T21:10:20.812648+00:00','2026-11-26T21:10:20.976739+00:00','cabbed2f-a3cb-4182-9f50-40d058aee2d3','7c4ec2ea-34dc-4d23-8b2f-93e44ead111f','first',3,'Failed','{"type":"Failed","message":"is Failed"}','2026-11-26T21:10:20.976739+00:00','is Failed',NULL,'2026-11-26T21:10:20.837493+00:00','2026-11-26T21:10:20.976739+00:00','2026-11-26T21:10:20.837493+00:00','2026-11-26T21:10:20.812537+00:00',0,'{}','{}','[]',NULL,NULL,NULL,0);
INSERT INTO "flow_run" VALUES('86d71020-d94d-4a51-9981-57b352043b33','2026-11-26T21:10:20.985134+00:00','2026-11-26T21:10:20.994891+00:00','cabbed2f-a3cb-4182-9f50-40d058aee2d3','7c4ec2ea-34dc-4d23-8b2f-93e44ead111f','second',2,'Submitted','{"type":"Submitted","message":"is Submitted"}','2026-11-26T21:10:20.994891+00:00','is Submitted',NULL,NULL,NULL,'2026-11-26T21:10:20.994891+00:00','2026-11-26T21:10:20.985056+00:00',0,'{}','{}','[]',NULL,NULL,'a4e708c7-fc1f-4fd4-aa72-1f8cb21ab551',0);
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
INSERT INTO "flow_run_state" VALUES(1,'fc32a56a-8cb2-4d1a-b2ec-c18744681245','2026-11-26T21:10:20.812648+00:00','2026-11-26T21:10:20.812648+00:00',1,'Scheduled','Flow run scheduled.','2026-11-26T21:10:20.812537+00:00','{"type":"Scheduled","message":"Flow run scheduled.","start_time":"2026-11-26T21:10:20.812537+00:00"}');
INSERT INTO "flow_run_state" VALUES(2,'fc32a56a-8cb2-4d1a-b2ec-c18744681245','2026-11-26T21:10:20.837493+00:00','2026-11-26T21:10:20.837493+00:00',2,'Running','is Running',NULL,'{"type":"Running","message":"is Running"}');
INSERT INTO "flow_run_state" VALUES(3,'fc32a56a-8cb2-4d1a-b2ec-c18744681245','2026-11-26T21:10:20.976739+00:00','2026-11-26T21:10:20.976739+00:00',3,'Failed','is Failed',NULL,'{"type":"Failed","message":"is Failed"}');
INSERT INTO "flow_run_state" VALUES(4,'86d71020-d94d-4a51-9981-57b352043b33','2026-11-26T21:10:20.985134+00:00','2026-11-26T21:10:20.985134+00:00',1,'Scheduled','Flow run scheduled.','2026-11-26T21:10:20.985056+00:00','{"type":"Scheduled","message":"Flow run scheduled.","start_time":"2026-11-26T21:10:20.985056+00:00"}');
INSERT INTO "flow_run_state" VALUES(5,'86d71020-d94d-4a51-9981-57b352043b33','2026-11-26T21:10:20.994891+00:00','2026-11-26T21:10:20.994891+00:00',2,'Submitted','is Submitted',NULL,'{"type":"Submitted","message":"is Submitted"}');
CREATE TABLE log (
	id INTEGER NOT NULL, 
	flow_run_id TEXT NOT NULL, 
	task_run_id TEXT, 
	created TEXT NOT NULL, 
	timestamp TEXT NOT NULL, 
	level TEXT NOT NULL, 
	name TEXT, 
	message TEXT, 
	info TEXT, 
	PRIMARY KEY (id), 
	FOREIGN KEY(flow_run_id) REFERENCES flow_run (id) ON DELETE CASCADE, 
	FOREIGN KEY(task_run_id) REFERENCES task_run (id) ON DELETE CASCADE
);
INSERT INTO "log" VALUES(1,'fc32a56a-8cb2-4d1a-b2ec-c18744681245',NULL,'2026-11-26T21:10:20.953548+00:00','2026-01-01T00:00:00.000000+00:00','INFO',NULL,'line',NULL);
INSERT INTO "log" VALUES(2,'fc32a56a-8cb2-4d1a-b2ec-c18744681245','92bbfd17-a1b4-4046-b8a4-d294ccd62a71','2026-11-26T21:10:20.953688+00:00','2026-01-01T00:00:01.500000+00:00','INFO',NULL,'second',NULL);
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
INSERT INTO "project" VALUES('78ab4817-4e35-423c-9bbc-3f48abc655c0','2026-11-26T21:10:20.736839+00:00','2026-11-26T21:10:20.736839+00:00','cabbed2f-a3cb-4182-9f50-40d058aee2d3','p','d');
CREATE TABLE schema_migration (version INTEGER PRIMARY KEY, applied TEXT);
INSERT INTO "schema_migration" VALUES(3,'2026-11-26T21:10:20.586572+00:00');
CREATE TABLE task (
	id TEXT NOT NULL, 
	created TEXT NOT NULL, 
	updated TEXT NOT NULL, 
	flow_id TEXT NOT NULL, 
	slug TEXT NOT NULL, 
	name TEXT, 
	description TEXT, 
	type TEXT, 
	cache_key TEXT, 
	max_retries INTEGER, 
	retry_delay INTEGER, 
	"trigger" TEXT, 
	tags TEXT, 
	inputs TEXT, 
	outputs TEXT, 
	auto_generated BOOLEAN NOT NULL, 
	mapped BOOLEAN NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (flow_id, slug), 
	FOREIGN KEY(flow_id) REFERENCES flow (id) ON DELETE CASCADE
);
INSERT INTO "task" VALUES('1412252c-cdda-46a5-a908-9bca986826c1','2026-11-26T21:10:20.772391+00:00','2026-11-26T21:10:20.772391+00:00','7c4ec2ea-34dc-4d23-8b2f-93e44ead111f','each-1','each',NULL,'prefect.tasks.core.function.FunctionTask',NULL,0,NULL,'{"fn":"prefect.triggers.all_successful","kwargs":{}}','[]','{"x":{"required":true,"type":"typing.Any"}}','"typing.Any"',0,1);
INSERT INTO "task" VALUES('62396892-bc24-45c7-8f5a-9cf0a0358a0d','2026-11-26T21:10:20.772454+00:00','2026-11-26T21:10:20.772454+00:00','7c4ec2ea-34dc-4d23-8b2f-93e44ead111f','say-1','say',NULL,'prefect.tasks.core.function.FunctionTask',NULL,2,90,'{"fn":"prefect.triggers.all_successful","kwargs":{}}','[]','{"x":{"required":true,"type":"typing.Any"}}','"typing.Any"',0,0);
CREATE TABLE task_run (
	id TEXT NOT NULL, 
	created TEXT NOT NULL, 
	updated TEXT NOT NULL, 
	flow_run_id TEXT NOT NULL, 
	task_id TEXT NOT NULL, 
	name TEXT, 
	cache_key TEXT, 
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
	PRIMARY KEY (id), 
	UNIQUE (task_id, flow_run_id, map_index), 
	FOREIGN KEY(flow_run_id) REFERENCES flow_run (id) ON DELETE CASCADE, 
	FOREIGN KEY(task_id) REFERENCES task (id) ON DELETE CASCADE
);
INSERT INTO "task_run" VALUES('ac3dd7d3-1aa5-4f3e-9acf-95db555a8ec1','2026-11-26T21:10:20.820139+00:00','2026-11-26T21:10:20.901914+00:00','fc32a56a-8cb2-4d1a-b2ec-c18744681245','1412252c-cdda-46a5-a908-9bca986826c1',NULL,NULL,-1,3,'Mapped','{"type":"Mapped","message":"is Mapped"}','2026-11-26T21:10:20.901914+00:00','is Mapped',NULL,'2026-11-26T21:10:20.895192+00:00',NULL,'2026-11-26T21:10:20.895192+00:00');
INSERT INTO "task_run" VALUES('92bbfd17-a1b4-4046-b8a4-d294ccd62a71','2026-11-26T21:10:20.820183+00:00','2026-11-26T21:10:20.888225+00:00','fc32a56a-8cb2-4d1a-b2ec-c18744681245','62396892-bc24-45c7-8f5a-9cf0a0358a0d',NULL,NULL,-1,3,'Success','{"type":"Success","message":"is Success"}','2026-11-26T21:10:20.888225+00:00','is Success',NULL,'2026-11-26T21:10:20.878402+00:00','2026-11-26T21:10:20.888225+00:00','2026-11-26T21:10:20.878402+00:00');
INSERT INTO "task_run" VALUES('14d89dca-175e-4488-843f-81c6c77f28d9','2026-11-26T21:10:20.926267+00:00','2026-11-26T21:10:20.941276+00:00','fc32a56a-8cb2-4d1a-b2ec-c18744681245','1412252c-cdda-46a5-a908-9bca986826c1',NULL,NULL,0,3,'Failed','{"type":"Failed","message":"is Failed"}','2026-11-26T21:10:20.941276+00:00','is Failed',NULL,'2026-11-26T21:10:20.934689+00:00','2026-11-26T21:10:20.941276+00:00','2026-11-26T21:10:20.934689+00:00');
INSERT INTO "task_run" VALUES('b93b6c71-e488-4c57-bb7f-b14c8f373995','2026-11-26T21:10:20.987120+00:00','2026-11-26T21:10:20.987088+00:00','86d71020-d94d-4a51-9981-57b352043b33','1412252c-cdda-46a5-a908-9bca986826c1',NULL,NULL,-1,1,'Pending','{"type":"Pending","message":"Task run created"}','2026-11-26T21:10:20.987088+00:00','Task run created',NULL,NULL,NULL,NULL);
INSERT INTO "task_run" VALUES('e40af3c8-176b-4f22-8735-5b18133bb26d','2026-11-26T21:10:20.987152+00:00','2026-11-26T21:10:20.987088+00:00','86d71020-d94d-4a51-9981-57b352043b33','62396892-bc24-45c7-8f5a-9cf0a0358a0d',NULL,NULL,-1,1,'Pending','{"type":"Pending","message":"Task run created"}','2026-11-26T21:10:20.987088+00:00','Task run created',NULL,NULL,NULL,NULL);
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
INSERT INTO "task_run_artifact" VALUES('1824484f-420d-4fb2-938a-b126ba915af1','2026-11-26T21:10:20.968532+00:00','2026-11-26T21:10:20.968532+00:00','92bbfd17-a1b4-4046-b8a4-d294ccd62a71','link','{"link":"x"}');
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
INSERT INTO "task_run_state" VALUES(1,'ac3dd7d3-1aa5-4f3e-9acf-95db555a8ec1','2026-11-26T21:10:20.820083+00:00','2026-11-26T21:10:20.820083+00:00',1,'Pending','Task run created',NULL,'{"type":"Pending","message":"Task run created"}');
INSERT INTO "task_run_state" VALUES(2,'92bbfd17-a1b4-4046-b8a4-d294ccd62a71','2026-11-26T21:10:20.820083+00:00','2026-11-26T21:10:20.820083+00:00',1,'Pending','Task run created',NULL,'{"type":"Pending","message":"Task run created"}');
INSERT INTO "task_run_state" VALUES(3,'92bbfd17-a1b4-4046-b8a4-d294ccd62a71','2026-11-26T21:10:20.878402+00:00','2026-11-26T21:10:20.878402+00:00',2,'Running','is Running',NULL,'{"type":"Running","message":"is Running"}');
INSERT INTO "task_run_state" VALUES(4,'92bbfd17-a1b4-4046-b8a4-d294ccd62a71','2026-11-26T21:10:20.888225+00:00','2026-11-26T21:10:20.888225+00:00',3,'Success','is Success',NULL,'{"type":"Success","message":"is Success"}');
INSERT INTO "task_run_state" VALUES(5,'ac3dd7d3-1aa5-4f3e-9acf-95db555a8ec1','2026-11-26T21:10:20.895192+00:00','2026-11-26T21:10:20.895192+00:00',2,'Running','is Running',NULL,'{"type":"Running","message":"is Running"}');
INSERT INTO "task_run_state" VALUES(6,'ac3dd7d3-1aa5-4f3e-9acf-95db555a8ec1','2026-11-26T21:10:20.901914+00:00','2026-11-26T21:10:20.901914+00:00',3,'Mapped','is Mapped',NULL,'{"type":"Mapped","message":"is Mapped"}');
INSERT INTO "task_run_state" VALUES(7,'14d89dca-175e-4488-843f-81c6c77f28d9','2026-11-26T21:10:20.926198+00:00','2026-11-26T21:10:20.926198+00:00',1,'Pending','Task run created',NULL,'{"type":"Pending","message":"Task run created"}');
INSERT INTO "task_run_state" VALUES(8,'14d89dca-175e-4488-843f-81c6c77f28d9','2026-11-26T21:10:20.934689+00:00','2026-11-26T21:10:20.934689+00:00',2,'Running','is Running',NULL,'{"type":"Running","message":"is Running"}');
INSERT INTO "task_run_state" VALUES(9,'14d89dca-175e-4488-843f-81c6c77f28d9','2026-11-26T21:10:20.941276+00:00','2026-11-26T21:10:20.941276+00:00',3,'Failed','is Failed',NULL,'{"type":"Failed","message":"is Failed"}');
INSERT INTO "task_run_state" VALUES(10,'b93b6c71-e488-4c57-bb7f-b14c8f373995','2026-11-26T21:10:20.987088+00:00','2026-11-26T21:10:20.987088+00:00',1,'Pending','Task run created',NULL,'{"type":"Pending","message":"Task run created"}');
INSERT INTO "task_run_state" VALUES(11,'e40af3c8-176b-4f22-8735-5b18133bb26d','2026-11-26T21:10:20.987088+00:00','2026-11-26T21:10:20.987088+00:00',1,'Pending','Task run created',NULL,'{"type":"Pending","message":"Task run created"}');
CREATE TABLE tenant (
	id TEXT NOT NULL, 
	created TEXT NOT NULL, 
	updated TEXT NOT NULL, 
	name TEXT NOT NULL, 
	slug TEXT NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (slug)
);
INSERT INTO "tenant" VALUES('cabbed2f-a3cb-4182-9f50-40d058aee2d3','2026-11-26T21:10:20.588228+00:00','2026-11-26T21:10:20.588228+00:00','default','default');
CREATE INDEX ix_agent_tenant ON agent (tenant_id);
CREATE INDEX ix_flow_created ON flow (created);
CREATE INDEX ix_flow_name ON flow (name, version);
CREATE INDEX ix_flow_project ON flow (project_id, name, version);
CREATE INDEX ix_task_name ON task (name);
CREATE INDEX ix_task_created ON task (created);
CREATE INDEX ix_flow_run_state ON flow_run (state, state_timestamp);
CREATE INDEX ix_flow_run_name ON flow_run (name);
CREATE INDEX ix_flow_run_updated ON flow_run (updated);
CREATE INDEX ix_flow_run_agent ON flow_run (agent_id, created) WHERE agent_id IS NOT NULL;
CREATE INDEX ix_flow_run_flow ON flow_run (flow_id, created);
CREATE INDEX ix_flow_run_started ON flow_run (start_time);
CREATE INDEX ix_flow_run_flow_scheduled ON flow_run (flow_id, scheduled_start_time, state);
CREATE INDEX ix_flow_run_due ON flow_run (state_start_time) WHERE state_start_time IS NOT NULL;
CREATE INDEX ix_flow_run_flow_started ON flow_run (flow_id, start_time);
CREATE INDEX ix_flow_run_created ON flow_run (created);
CREATE INDEX ix_edge_downstream ON edge (downstream_task_id);
CREATE INDEX ix_edge_flow ON edge (flow_id);
CREATE INDEX ix_edge_upstream ON edge (upstream_task_id);
CREATE INDEX ix_task_run_flow_run ON task_run (flow_run_id, map_index);
CREATE INDEX ix_task_run_due ON task_run (state_start_time) WHERE state_start_time IS NOT NULL;
CREATE INDEX ix_task_run_state ON task_run (state, state_timestamp);
CREATE INDEX ix_task_run_cache_key ON task_run (cache_key) WHERE cache_key IS NOT NULL;
CREATE INDEX ix_flow_run_state_run ON flow_run_state (flow_run_id);
CREATE INDEX ix_task_run_state_run ON task_run_state (task_run_id);
CREATE INDEX ix_task_run_artifact_run ON task_run_artifact (task_run_id);
CREATE INDEX ix_log_flow_run ON log (flow_run_id, timestamp);
CREATE INDEX ix_log_flow_run_serial ON log (flow_run_id);
CREATE INDEX ix_log_task_run ON log (task_run_id) WHERE task_run_id IS NOT NULL;
COMMIT;
