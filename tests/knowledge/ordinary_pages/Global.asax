<%@ Application Language="C#" %>
<%@ Import Namespace="System.Security.Cryptography" %>
<script runat="server">
    void Application_Error(object sender, EventArgs e)
    {
        Exception error = Server.GetLastError();
        System.IO.File.AppendAllText(Server.MapPath("~/App_Data/errors.log"), Request.Url + " " + error);
        Session["last"] = Convert.ToBase64String(SHA256.Create().ComputeHash(System.Text.Encoding.UTF8.GetBytes(error.ToString())));
    }
</script>
