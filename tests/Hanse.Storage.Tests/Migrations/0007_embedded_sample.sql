create table embedded_sample (id int primary key);
