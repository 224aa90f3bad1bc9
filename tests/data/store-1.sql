PRAGMA user_version = 1;
BEGIN TRANSACTION;
CREATE TABLE epochs (
      run INTEGER NOT NULL,
      epoch INTEGER NOT NULL,
      time REAL NOT NULL,
      logs TEXT NOT NULL,
      PRIMARY KEY (run, epoch)
  ) WITHOUT ROWID;
INSERT INTO "epochs" VALUES(1,0,1767225601.0,'{"loss":0.5,"accuracy":0.5,"val_loss":0.5,"val_accuracy":0.5,"learning_rate":0.01}');
INSERT INTO "epochs" VALUES(1,1,1767225602.0,'{"loss":0.25,"accuracy":0.75,"val_loss":0.25,"val_accuracy":0.75,"learning_rate":0.01}');
CREATE TABLE experiments (
      name TEXT PRIMARY KEY,
      description TEXT NOT NULL,
      path TEXT NOT NULL,
      config TEXT NOT NULL,
      metric TEXT NOT NULL,
      mode TEXT NOT NULL,
      smoke INTEGER NOT NULL,
      updated REAL NOT NULL
  );
INSERT INTO "experiments" VALUES('toy','','toy.yaml','name: toy
','val_accuracy','max',0,1767225600.0);
CREATE TABLE invocations (
      id INTEGER PRIMARY KEY,
      experiment TEXT NOT NULL,
      time REAL NOT NULL,
      command TEXT NOT NULL,
      path TEXT NOT NULL,
      config TEXT NOT NULL,
      facts TEXT NOT NULL
  );
INSERT INTO "invocations" VALUES(1,'toy',1767225600.0,'hpexp run toy.yaml','toy.yaml','name: toy
','{"hpexp":"0.1.0","python":"3.11.7","git":null,"overrides":[]}');
CREATE TABLE runs (
      number INTEGER PRIMARY KEY,
      experiment TEXT NOT NULL,
      id TEXT NOT NULL,
      planned INTEGER NOT NULL,
      position INTEGER NOT NULL,
      point TEXT NOT NULL,
      name TEXT NOT NULL,
      params TEXT NOT NULL,
      axes TEXT NOT NULL,
      seed INTEGER NOT NULL,
      engine TEXT NOT NULL,
      status TEXT NOT NULL,
      epochs INTEGER NOT NULL DEFAULT 0,
      best_epoch INTEGER,
      metrics TEXT NOT NULL DEFAULT '{}',
      test TEXT NOT NULL DEFAULT '{}',
      seconds REAL NOT NULL DEFAULT 0,
      error TEXT,
      traceback TEXT,
      divergence TEXT,
      devices TEXT NOT NULL DEFAULT '',
      started REAL,
      finished REAL,
      invocation INTEGER,
      UNIQUE (experiment, id)
  );
INSERT INTO "runs" VALUES(1,'toy','f5c21a94e490',1,0,'hidden=(8, 4)','hidden=(8, 4),seed=0-f5c21a','{"epochs":2,"hidden":[8,4]}','{"hidden":[8,4]}',0,'fit','done',2,1,'{"loss":0.25,"accuracy":0.75,"val_loss":0.25,"val_accuracy":0.75}','{"loss":0.5,"accuracy":0.5}',2.0,NULL,NULL,NULL,'',1767225600.0,1767225600.0,1);
INSERT INTO "runs" VALUES(2,'toy','dec3731768f5',1,1,'hidden=(8, 4)','hidden=(8, 4),seed=1-dec373','{"epochs":2,"hidden":[8,4]}','{"hidden":[8,4]}',1,'fit','pending',0,NULL,'{}','{}',0.0,NULL,NULL,NULL,'',NULL,NULL,NULL);
COMMIT;
