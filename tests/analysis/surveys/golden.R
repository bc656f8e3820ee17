# Makes the figures of golden.json: Rscript golden.R (R 4.2.2, survey 4.1-1; calibration needs MASS for its generalized inverse) writes gold2.py, whose two dictionaries are
# `schools` and `golden` there.
suppressMessages(library(survey)); options(warn=-1)
data(api); data(hospital);data(mu284);data(scd);data(fpc)
fpc$x<-round(fpc$x,1); fpc$weight<-round(fpc$weight); fpc$Nh<-round(fpc$Nh); fpc$nh<-round(fpc$nh)  # stored as single precision
S<-apiclus2[1:48,c("dnum","snum","stype","api00","api99","enroll","ell","meals","sch.wide","pw","fpc1","fpc2")]
S$enroll[c(7,30)]<-NA
con<-file("gold2.py","w")
w<-function(...) cat(...,"\n",sep="",file=con)
f<-function(v) paste(sapply(v,function(x) if(is.na(x)) "None" else if(is.character(x)) dQuote(x,FALSE) else sprintf("%.16g",x)),collapse=", ")
w("SCHOOLS = {")
for(n in names(S)) {v<-S[[n]]; if(is.factor(v)) v<-as.character(v); w('    "',n,'": [',f(v),'],')}
w("}")
w("GOLDEN = {")
g<-function(k,...) w('    "',k,'": [',f(unlist(list(...))),'],')
d<-svydesign(id=~dnum+snum,fpc=~fpc1+fpc2,data=S,weights=~pw)
dw<-svydesign(id=~dnum,data=S,weights=~pw)
S$half<-ifelse(S$dnum<=median(unique(S$dnum)),1,2)
dst<-svydesign(id=~dnum,strata=~half,data=S,weights=~pw,nest=TRUE)
for(n in c("d","dw","dst")) {D<-get(n)
 m<-svymean(~api00,D,deff=TRUE); g(paste0(n,".mean"),coef(m),SE(m),deff(m),confint(m,df=degf(D)),degf(D))
 m<-svytotal(~enroll,D,na.rm=TRUE,deff=TRUE); g(paste0(n,".total"),coef(m),SE(m),deff(m))
 r<-svyratio(~enroll,~api99,D,na.rm=TRUE,deff=TRUE); g(paste0(n,".ratio"),coef(r),SE(r),deff(r))
 b<-svyby(~api00,~stype,D,svymean,deff=TRUE,covmat=TRUE); g(paste0(n,".by"),coef(b),SE(b),b$DEff.api00); g(paste0(n,".by.covariance"),as.vector(vcov(b)))
 b<-svyby(~enroll,~stype+sch.wide,D,svytotal,na.rm=TRUE,deff=TRUE); g(paste0(n,".total.by"),coef(b),SE(b))
 m<-svymean(~stype,D,deff=TRUE); g(paste0(n,".shares"),coef(m),SE(m),deff(m))
 for(k in c("logit","beta","mean")) {ci<-svyciprop(~I(sch.wide=="Yes"),D,method=k); g(paste0(n,".ci.",k),coef(ci),attr(ci,"ci"))}
 q<-svyquantile(~api00,D,c(.1,.5,.75)); g(paste0(n,".quantiles"),as.vector(t(q$api00)))
 u<-update(D,hi=as.numeric(api00>640))
 for(k in c("gaussian","quasibinomial","quasipoisson")) {fo<-switch(k,gaussian=api00~ell+meals+stype,quasibinomial=hi~ell+sch.wide,quasipoisson=enroll~ell+stype)
  x<-svyglm(fo,u,family=get(k)()); for(i in 1:4) x<-svyglm(fo,u,family=get(k)(),start=coef(x)); g(paste0(n,".",k),coef(x),SE(x),x$df.residual)}
 c1<-svycontrast(svyby(~api00,~stype,D,svymean,covmat=TRUE),c(E=-1,M=1)); g(paste0(n,".contrast"),coef(c1),SE(c1))
}
j<-as.svrepdesign(dw,type="JK1"); m<-svymean(~api00,j,deff=TRUE); g("jk1.mean",coef(m),SE(m),deff(m),degf(j)); r<-svyratio(~enroll,~api99,j,na.rm=TRUE); g("jk1.ratio",coef(r),SE(r))
q<-svyquantile(~api00,j,c(.25,.5)); g("jk1.quantiles",as.vector(t(q$api00)))
jn<-as.svrepdesign(dst,type="JKn"); b<-svyby(~api00,~stype,jn,svymean); g("jkn.by",coef(b),SE(b)); r<-svyratio(~enroll,~api99,jn,na.rm=TRUE); g("jkn.ratio",coef(r),SE(r))
x<-svyglm(api00~ell+meals,jn); g("jkn.gaussian",coef(x),SE(x))
jm<-as.svrepdesign(dst,type="JKn",mse=TRUE); r<-svyratio(~enroll,~api99,jm,na.rm=TRUE); g("jkn.mse",coef(r),SE(r))
scd$w<-3; ds<-svydesign(id=~ambulance,strata=~ESA,weights=~w,data=scd,nest=TRUE)
for (t in c("BRR","Fay")) {rr<-as.svrepdesign(ds,type=t,fay.rho=if(t=="Fay") .3 else 0); W<-weights(rr,"analysis"); g(paste0("scd.",t,".weights"),as.vector(t(W))); r<-svyratio(~alive,~arrests,rr); m<-svymean(~alive,rr); g(paste0("scd.",t),coef(r),SE(r),coef(m),SE(m))
 for(ty in c("bootstrap","ACS","JK2")) {a<-svrepdesign(data=scd,repweights=W,weights=~w,type=ty); r<-svyratio(~alive,~arrests,a); g(paste0("scd.",t,".",ty),coef(r),SE(r))}}
dh<-svydesign(id=~hospno,strata=~oblevel,weights=~weighta,fpc=~tothosp,data=hospital,nest=TRUE); m<-svytotal(~births,dh,deff=TRUE); g("hospital",coef(m),SE(m),deff(m))
dm<-svydesign(id=~id1+id2,fpc=~n1+n2,data=mu284); m<-svytotal(~y1,dm); k<-svymean(~y1,dm); g("mu284",coef(m),SE(m),coef(k),SE(k))
da<-svydesign(id=~psuid,strata=~stratid,fpc=~Nh,weights=~weight,data=fpc,nest=TRUE); m<-svytotal(~x,da); k<-svymean(~x,da); g("fpc",coef(m),SE(m),coef(k),SE(k))
fpc$f<-fpc$nh/fpc$Nh; da<-svydesign(id=~psuid,strata=~stratid,fpc=~f,weights=~weight,data=fpc,nest=TRUE); m<-svytotal(~x,da); g("fpc.fraction",coef(m),SE(m))
F<-fpc; F$stratid[8]<-3; F$Nh<-c(15,15,15,15,15,12,12,9)
for (l in c("remove","adjust","average")) {options(survey.lonely.psu=l); da<-svydesign(id=~psuid,strata=~stratid,fpc=~Nh,weights=~weight,data=F,nest=TRUE); m<-svytotal(~x,da); k<-svymean(~x,da); g(paste0("lonely.",l),coef(m),SE(m),coef(k),SE(k))}
S$v<-S$pw*6194/sum(S$pw); dc<-svydesign(id=~dnum,data=S,weights=~v)
people<-data.frame(stype=c("E","H","M"),Freq=c(4421,755,1018)); wide<-data.frame(sch.wide=c("No","Yes"),Freq=c(1472,4722))
tot<-c("(Intercept)"=6194,stypeH=755,stypeM=1018,sch.wideYes=4722)
k<-function(n,D) {m<-svymean(~api00,D); b<-svyby(~api00,~stype,D,svymean); g(paste0("calibrate.",n,".weights"),weights(D)); g(paste0("calibrate.",n),coef(m),SE(m),coef(b),SE(b))}
k("post",postStratify(dc,~stype,people))
k("linear",calibrate(dc,~stype+sch.wide,tot))
k("raking",calibrate(dc,~stype+sch.wide,tot,calfun="raking",epsilon=1e-14,maxit=200))
k("logit",calibrate(dc,~stype+sch.wide,tot,calfun="logit",bounds=c(.2,6),epsilon=1e-14,maxit=200))
k("bounded",calibrate(dc,~stype+sch.wide,tot,calfun="linear",bounds=c(.5,4),epsilon=1e-14,maxit=200))
k("numbers",calibrate(dc,~sch.wide+api99,c("(Intercept)"=6194,sch.wideYes=4722,api99=3914069)))
g("calibrate.rake.weights",weights(rake(dc,list(~stype,~sch.wide),list(people,wide),control=list(maxit=2000,epsilon=1e-15))))
g("calibrate.trim.weights",weights(trimWeights(dc,upper=300,lower=60,strict=TRUE))); g("calibrate.cut.weights",weights(trimWeights(dc,upper=300,lower=60)))
j<-calibrate(as.svrepdesign(dc,type="JK1",compress=FALSE),~stype+sch.wide,tot,compress=FALSE); m<-svymean(~api00,j); g("calibrate.jk1",coef(m),SE(m))
g("calibrate.weights",S$v)
w("}")
close(con)
